"""The document commands, one in each file. They need no database; each is loaded when it is called."""
