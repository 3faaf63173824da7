"""Run by the system's Python, which has LibreOffice's bridge: compare uncommented.docx with draft.docx when told to.

python3 office.py PORT FOLDER; it prints "ready" once LibreOffice runs, and "done" after each line it reads.
"""

import subprocess
import sys
import tempfile
import time

import uno
from com.sun.star.beans import PropertyValue


def named(**values):
    """Return UNO's named values."""
    found = []
    for name, value in values.items():
        made = PropertyValue()
        made.Name, made.Value = name, value
        found.append(made)
    return tuple(found)


def connect(port):
    """Return the context of a LibreOffice that is starting."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(300):
        try:
            return resolver.resolve(f"uno:socket,host=127.0.0.1,port={port};urp;StarOffice.ComponentContext")
        except Exception:
            time.sleep(0.2)
    raise SystemExit("LibreOffice did not answer")


def compare(context, folder):
    """Load the copy, compare it with the draft, store the result."""
    manager = context.ServiceManager
    desktop = manager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    document = desktop.loadComponentFromURL(f"file://{folder}/uncommented.docx", "_blank", 0, named(Hidden=True))
    dispatcher = manager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)
    draft = named(URL=f"file://{folder}/draft.docx", NoAcceptDialog=True)
    dispatcher.executeDispatch(document.CurrentController.Frame, ".uno:CompareDocuments", "", 0, draft)
    document.storeToURL(f"file://{folder}/office.docx", named(FilterName="MS Word 2007 XML"))
    document.close(True)
    return desktop


def main(port, folder):
    """Start LibreOffice with a profile of its own, answer, and end it."""
    with tempfile.TemporaryDirectory() as profile:
        start = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--norestore", "--nologo"]
        # A fresh profile makes LibreOffice start twice; the second start would cut the connection.
        subprocess.run([*start, "--terminate_after_init"], check=False, timeout=120)
        office = subprocess.Popen([*start, f"--accept=socket,host=127.0.0.1,port={port};urp;"])
        try:
            context = connect(port)
            print("ready", flush=True)
            for _ in sys.stdin:
                compare(context, folder)
                print("done", flush=True)
        finally:
            office.terminate()
            office.wait(timeout=60)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
