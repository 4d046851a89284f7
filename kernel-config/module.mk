# kernel-config
