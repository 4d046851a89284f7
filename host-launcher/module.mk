# host-launcher
