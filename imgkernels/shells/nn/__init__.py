"""`imgkernels nn ...`: networks from the command line, imported when they are used."""
