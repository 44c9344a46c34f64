# Fetches an older libstdc++ than this machine's, for the deploy zip; package.sh sources it after setup.sh.
#
# Debian 12's own needs glibc 2.36, Lambda has 2.34. The release before the last one carries a library that any later system runs, and
# apt checks its signature: with a private configuration, so that the machine's own package lists stay as they are.

libstdcxx=$dependencies/libstdc++/$arch

# Name and keyrings of an older release of the machine's distribution.
older_release() {
    # shellcheck disable=SC1091
    case $(. /etc/os-release && echo "$ID") in
        debian) echo "bullseye /usr/share/keyrings/debian-archive-keyring.gpg" ;;
        ubuntu) echo "focal /usr/share/keyrings/ubuntu-archive-keyring.gpg" ;;
        *) fail "the zip is built on Debian or Ubuntu, whose older libstdc++ it carries" ;;
    esac
}

# The mirror of the distribution itself that apt is set up with.
mirror() {
    apt-get indextargets --format '$(SITE) $(RELEASE)' \
        | awk '$1 !~ /security/ && $2 !~ /security|updates|backports/ { print $1; exit }'
}

install_libstdcxx() (
    [ -s "$libstdcxx/lib/libstdc++.so.6" ] && [ -s "$libstdcxx/lib/libgcc_s.so.1" ] && exit 0
    local release keyring site work
    read -r release keyring <<<"$(older_release)"
    site=$(mirror)
    [ -n "$site" ] || fail "apt has no source that libstdc++ could come from; see /etc/apt/sources.list"
    say "fetching libstdc++ of $release"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/sources" "$work/unpacked" "$libstdcxx/lib"
    chmod 755 "$work"
    echo "deb [signed-by=$keyring] $site $release main" > "$work/sources.list"
    : > "$work/status"
    local apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o "Dir::Etc::sourceparts=$work/sources"
        -o "Dir::State::lists=$work/lists" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work"
        -o "Acquire::Languages=none" -o "APT::Sandbox::User=root" -o "Acquire::Check-Valid-Until=false")
    "${apt[@]}" update >/dev/null
    (cd "$work" && "${apt[@]}" download libstdc++6 libgcc-s1 >/dev/null)
    local package
    for package in "$work"/*.deb; do dpkg-deb --extract "$package" "$work/unpacked"; done
    cp -L "$work"/unpacked/usr/share/doc/gcc-*-base/copyright "$libstdcxx/GCC-LICENSES.txt" 2>/dev/null \
        || cp "$(find "$work/unpacked" -name copyright | head -n 1)" "$libstdcxx/GCC-LICENSES.txt" 2>/dev/null \
        || (cd "$work" && "${apt[@]}" download gcc-10-base >/dev/null && dpkg-deb --extract gcc-10-base*.deb unpacked \
            && cp unpacked/usr/share/doc/gcc-10-base/copyright "$libstdcxx/GCC-LICENSES.txt")
    cp -L "$(find "$work/unpacked" -name libgcc_s.so.1)" "$libstdcxx/lib/libgcc_s.so.1"
    cp -L "$(find "$work/unpacked" -name libstdc++.so.6)" "$libstdcxx/lib/libstdc++.so.6"
)
