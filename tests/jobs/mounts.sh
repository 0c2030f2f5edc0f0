#!/bin/sh
# A tmpfs with a size and an owner's modes, an overlay with changes and deletions, a read-only bind: made, used, undone.
set -eu
umask 022
export LC_ALL=C

mkdir memory
mount -t tmpfs -o size=1m,mode=750,nosuid tmpfs memory
findmnt -n -o TARGET,FSTYPE --target memory | sed "s|$PWD/||; s/  */ /g"
stat -c '%A %u:%g %F' memory
df --output=size memory | tail -n 1 | tr -d ' '
head -c 2000000 /dev/zero >memory/big || echo "no space, as it should be"
stat -c '%s' memory/big
rm memory/big

cd memory
mkdir lower upper work merged lower/directory
echo "kept" >lower/kept
echo "old" >lower/changed
echo "gone" >lower/deleted
echo "below" >lower/directory/file
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work,userxattr overlay merged
findmnt -n -o FSTYPE --target merged
echo "new" >merged/changed
echo "added" >merged/added
rm merged/deleted
rm -r merged/directory
mkdir merged/directory
chown 0:0 merged/added
for directory in lower upper merged; do
	find "$directory" -printf '%M %U:%G %p\n' | sort -k 3
done
cat merged/kept merged/changed merged/added
umount merged
find merged

mkdir bound
mount --bind lower bound
mount -o remount,bind,ro bound
cat bound/kept
(: >bound/new) 2>/dev/null || echo "read-only, as it should be"
umount bound
cd ..
umount memory
find memory
grep -c "$PWD" /proc/self/mounts || true
