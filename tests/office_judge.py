"""Run by the system's Python, which has LibreOffice's bridge: accept or reject all changes of a file and print its text.

python3 office_judge.py reject FILE.docx PORT
"""

import subprocess
import sys
import tempfile
import time

import uno
from com.sun.star.beans import PropertyValue


def hidden():
    value = PropertyValue()
    value.Name, value.Value = "Hidden", True
    return (value,)


def connect(port):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(150):
        try:
            return resolver.resolve(f"uno:socket,host=127.0.0.1,port={port};urp;StarOffice.ComponentContext")
        except Exception:
            time.sleep(0.2)
    raise SystemExit("LibreOffice did not answer")


def main(verdict, path, port):
    with tempfile.TemporaryDirectory() as profile:
        start = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--norestore", "--nologo"]
        # A fresh profile makes LibreOffice start twice; the second start would cut the connection.
        subprocess.run([*start, "--terminate_after_init"], check=False, timeout=120)
        office = subprocess.Popen([*start, f"--accept=socket,host=127.0.0.1,port={port};urp;"])
        try:
            context = connect(port)
            manager = context.ServiceManager
            desktop = manager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
            document = desktop.loadComponentFromURL(f"file://{path}", "_blank", 0, hidden())
            dispatcher = manager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)
            command = ".uno:RejectAllTrackedChanges" if verdict == "reject" else ".uno:AcceptAllTrackedChanges"
            dispatcher.executeDispatch(document.CurrentController.Frame, command, "", 0, ())
            print_paragraphs(document.Text)
            notes = document.Footnotes
            for number in range(notes.Count):
                print("P", notes.getByIndex(number).String.replace("\n", " "))
            document.close(True)
            desktop.terminate()
        finally:
            office.terminate()
            office.wait(timeout=30)


def print_paragraphs(text):
    paragraphs = text.createEnumeration()
    while paragraphs.hasMoreElements():
        paragraph = paragraphs.nextElement()
        if paragraph.supportsService("com.sun.star.text.TextTable"):
            for name in paragraph.CellNames:
                print_paragraphs(paragraph.getCellByName(name))
        else:
            print("P", paragraph.String.replace("\n", " "))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
