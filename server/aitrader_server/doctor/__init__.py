"""What has to be right before an engine trades, looked at step by step; nothing is changed."""
