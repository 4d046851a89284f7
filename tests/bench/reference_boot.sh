#!/bin/bash
# reference_boot.sh FOLDER - makes the reference that our boot is measured
# against: Debian's cloud kernel and a busybox initramfs that gets a DHCP lease
# and then starts a shell. Leaves vmlinuz and initrd.gz in FOLDER, once.
set -eu
dir=$1
[ -e "$dir/.done" ] && exit 0
mkdir -p "$dir"
apt=$(image/apt-private.sh)
kernel=$(APT_CONFIG=$apt apt-cache depends linux-image-cloud-amd64 |
	sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' | head -n 1)
(cd "$dir" && APT_CONFIG=$apt apt-get -q download "$kernel" busybox-static \
	>apt.log 2>&1)
for deb in "$dir"/*.deb; do
	dpkg-deb -x "$deb" "$dir/tree"
done
rm -f "$dir"/*.deb
cp "$dir"/tree/boot/vmlinuz-* "$dir/vmlinuz"
root=$dir/root
mkdir -p "$root"/{bin,dev,proc,sys,lib}
cp "$dir/tree/bin/busybox" "$root/bin/busybox"
ln -sf busybox "$root/bin/sh"
version=$(basename "$dir"/tree/lib/modules/*)
depmod -b "$dir/tree" "$version"
base=$dir/tree/lib/modules/$version
modules=
for m in virtio_pci virtio_net; do
	# "module: dependency ...", the deepest dependency last
	for f in $(sed -n "s#^\([^:]*/$m\.ko[^:]*\):\(.*\)#\1 \2#p" \
		"$base/modules.dep" | tr ' ' '\n' | tac); do
		name=$(basename "$f")
		case " $modules " in *" $name "*) continue ;; esac
		cp "$base/$f" "$root/lib/$name"
		modules="$modules $name"
	done
done
cat >"$root/lib/lease" <<'EOF'
#!/bin/sh
[ "$1" = bound ] && busybox ifconfig "$interface" "$ip" netmask "$subnet"
exit 0
EOF
cat >"$root/init" <<EOF
#!/bin/sh
export PATH=/bin
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs dev /dev
for m in$modules; do busybox insmod /lib/\$m; done
busybox ifconfig eth0 up
busybox udhcpc -i eth0 -n -q -f -s /lib/lease >/dev/null 2>&1
sh -c 'read up rest </proc/uptime; echo REFERENCE_READY \$up'
busybox poweroff -f
EOF
chmod +x "$root/init" "$root/lib/lease"
(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc 2>/dev/null |
	gzip -9n >"$dir/initrd.gz")
rm -rf "$dir/tree" "$root"
touch "$dir/.done"
