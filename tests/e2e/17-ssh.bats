load lib/common

setup_file() {
	site_start && login alice || return 1
	# OpenSSH's own client with a certificate like the one that phigate makes: alice's token, a key of ours
	export CERT=$SITE/raw
	mkdir "$CERT"
	ssh-keygen -q -t ecdsa -b 256 -N '' -f "$CERT/key"
	printf '[127.0.0.1]:%s %s\n' "$AGENT_PORT" "$HOST_KEY" > "$CERT/known_hosts"
	idp_set '{"nonce":false}'
	login dave
	token=$(grep -rhoE 'eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+' "$SITE/home/dave/state" | head -n 1)
	certify "$token"
	export token
}

# certify TOKEN [ssh-keygen options]
certify() {
	local token=$1
	shift
	rm -f "$CERT/key-cert.pub"
	ssh-keygen -q -s "$CERT/key" -I test -n phigate -V -1m:+4m -O clear -O permit-port-forwarding \
		${token:+-O "extension:id-token@phigate=$token"} "$@" "$CERT/key.pub" 2>/dev/null
}
raw_ssh() {
	timeout 15 ssh -F none -i "$CERT/key" -o CertificateFile="$CERT/key-cert.pub" -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes \
		-o UserKnownHostsFile="$CERT/known_hosts" -o ExitOnForwardFailure=yes -o ConnectTimeout=5 -p "$AGENT_PORT" "$@" < /dev/null 2>&1
}
inner() { exec 7<> "/dev/tcp/127.0.0.1/$AGENT_PORT"; head -n 1 <&7 | grep -oE 'phigate/1:[0-9]+' | cut -d: -f2; exec 7>&-; }

@test "this certificate opens the one forwarding, so that the refusals below mean something" {
	has "$(raw_ssh -W "127.0.0.1:$(inner)" "$AGENT_USER@127.0.0.1" | head -c 12 | tr -d '\0')" "PHIGATE/1"
}

@test "no shell, no command, no sftp, no pty" {
	for what in "" "id" "-s sftp" "-tt id"; do
		rc=0; said=$(raw_ssh "$AGENT_USER@127.0.0.1" $what) || rc=$?
		[ $rc != 0 ] || fail "'$what' works: $said"
		hasnt "$said" uid=
	done
}

@test "no other port, no remote forwarding, no Unix socket, no agent or X11" {
	other=${MODEL##*:}
	hasnt "$(printf 'GET / HTTP/1.0\r\n\r\n' | raw_ssh -W "127.0.0.1:$other" "$AGENT_USER@127.0.0.1" || true)" HTTP/
	hasnt "$(raw_ssh -W "[::1]:$(inner)" "$AGENT_USER@127.0.0.1" || true)" PHIGATE/1
	free=$(free_ports 1)
	! raw_ssh -N -R "$free:127.0.0.1:$other" "$AGENT_USER@127.0.0.1" || fail "remote forwarding works"
	has "$(raw_ssh -N -o ExitOnForwardFailure=yes -R "$free:127.0.0.1:$other" "$AGENT_USER@127.0.0.1" || true)" "forwarding failed"
}

@test "no certificate without a token, with a forged one, with an expired one; no other user" {
	certify ""
	! raw_ssh -W "127.0.0.1:$(inner)" "$AGENT_USER@127.0.0.1" | grep -q PHIGATE/1 || fail "no token works"
	certify "${token%?????}AAAAA"
	! raw_ssh -W "127.0.0.1:$(inner)" "$AGENT_USER@127.0.0.1" | grep -q PHIGATE/1 || fail "a forged token works"
	certify "$(printf '{"alg":"none"}' | base64 -w0 | tr -d =).$(cut -d. -f2 <<< "$token")."
	! raw_ssh -W "127.0.0.1:$(inner)" "$AGENT_USER@127.0.0.1" | grep -q PHIGATE/1 || fail "alg none works"
	certify "$token"
	for user in root nobody phigate; do
		! raw_ssh -W "127.0.0.1:$(inner)" "$user@127.0.0.1" | grep -q PHIGATE/1 || fail "user $user works"
	done
	hasnt "$(agent_log)" "$token"
}

@test "a token on another key opens a tunnel but proves nothing: no session without alice's key" {
	idp_set '{"nonce":true}'
	rm -rf "$SITE/home/alice"
	login alice
	stolen=$(grep -rhoE 'eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+' "$SITE/home/alice/state" | head -n 1)
	certify "$stolen"
	! raw_ssh -W "127.0.0.1:$(inner)" "$AGENT_USER@127.0.0.1" | grep -q PHIGATE/1 || fail "alice's token works with another key"
}
