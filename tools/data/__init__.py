"""What makes the files of data that the repository stores."""
