"""What can go wrong with a letter: our words for it, in a sentence."""

from collections.abc import Mapping

from consult.phrases import say

FAULTS: Mapping[str, str] = {
    "refused": say("The mail server refuses it."),
    "put-off": say("The mail server asks to try again later."),
    "returned": say("It was sent and came back."),
    "unwritable": say("No mail can be made of it: the address cannot be used."),
    "altered": say("It is no longer, to the byte, what was to be sent, so nothing was sent."),
    "interrupted": say("The connection to the mail server broke."),
    "timeout": say("The mail server does not answer in time."),
    "away": say("The mail server cannot be reached."),
    "store": say("The file that goes with it cannot be read at the moment."),
    "disk": say("The letter cannot be written to the disk."),
    "no-tls": say("The mail server offers no encryption, so nothing is sent to it."),
    "tls": say("The encrypted connection to the mail server fails."),
    "certificate": say("Nobody we trust vouches for the mail server, so nothing is sent to it."),
    "login": say("The mail server does not let us in."),
    "archive": say("The mail server does not take the copy for the archive."),
    "no-answer": say("The mail server got the whole letter and broke off before it said that it took it."),
    "broken-off": say("Sending was broken off; it may have gone out."),
}
