#!/bin/sh
# A tree with owners of many ids, and a program with capabilities, is installed, packed with them, and unpacked.
set -eu
umask 022
export LC_ALL=C TZ=UTC0

mkdir -p tree/var/mail tree/var/www tree/bin
echo "content" >tree/var/www/page
chown 0:8 tree/var/mail
chmod 2775 tree/var/mail
for id in 1 2 33 100 999 1000 65533 65534; do
	echo "of $id" >"tree/var/mail/$id"
	chown "$id:8" "tree/var/mail/$id"
	chmod 660 "tree/var/mail/$id"
done
chown -R 33:33 tree/var/www
echo "a program" >tree/bin/ping
chown 0:0 tree/bin/ping
setcap cap_net_raw=ep tree/bin/ping

tar --sort=name --mtime=@1000000000 --numeric-owner --xattrs --xattrs-include='security.*' -cf tree.tar tree
tar --numeric-owner -tvf tree.tar
mkdir out
tar -C out --numeric-owner --xattrs --xattrs-include='security.*' -xpf tree.tar
find out -mindepth 1 -printf '%M %U:%G %P\n' | sort -k 3
(cd out && getcap -r tree)

# Another user of the namespace is kept out by the modes, and let in by its id.
setpriv --reuid 33 --regid 33 --clear-groups sh -c 'cat out/tree/var/mail/999' 2>&1 || echo "refused"
setpriv --reuid 999 --regid 999 --clear-groups cat out/tree/var/mail/999

# Files of other ids can be removed from in here only.
rm -rf tree out
