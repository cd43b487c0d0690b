"""From the bytes of files to typed rows, in bounded memory."""
