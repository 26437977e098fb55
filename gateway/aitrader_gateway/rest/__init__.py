"""REST facade: the annotated gRPC methods as HTTP and JSON."""
