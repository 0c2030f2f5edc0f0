#!/bin/sh
# A tree is installed with owners, packed, and unpacked: all of it belongs to root.
set -eu
umask 022
export LC_ALL=C TZ=UTC0

install -d -o root -g root -m 755 tree/usr/bin tree/etc
install -d -o root -g root -m 1777 tree/tmp
echo "a program" >program
install -o root -g root -m 4755 program tree/usr/bin/su
install -o root -g root -m 2755 program tree/usr/bin/write
install -o root -g root -m 640 program tree/etc/shadow
ln tree/usr/bin/su tree/usr/bin/also-su
ln -s su tree/usr/bin/link
mkfifo tree/etc/fifo
chown -R 0:0 tree
chown -h 0:0 tree/usr/bin/link
chmod 4755 tree/usr/bin/su # chown took the bit
chmod 2755 tree/usr/bin/write

tar --sort=name --mtime=@1000000000 -cf tree.tar tree
tar -tvf tree.tar
echo "same: $(sha256sum <tree.tar)"

mkdir out
tar -C out -xpf tree.tar
find out -mindepth 1 -printf '%M %U:%G %u:%g %P\n' | sort -k 4
readlink out/tree/usr/bin/link
stat -c 'links: %h' out/tree/usr/bin/su
