load lib/common

# What happens at the SSH port, in the figures.
setup_file() {
	site_folder && site_account && idp_start && model_start || return 1
	site_policy
	site_configure && sed -i 's/ssh_starts_per_minute: 6000/ssh_starts_per_minute: 60/' "$SITE/agent/agent.yaml" && agent_start && login alice || return 1
	export CERT=$SITE/raw
	mkdir "$CERT"
	ssh-keygen -q -t ecdsa -b 256 -N '' -f "$CERT/key"
	printf '[127.0.0.1]:%s %s\n' "$AGENT_PORT" "$HOST_KEY" > "$CERT/known_hosts"
	idp_set '{"nonce":false}'
	login dave
	token=$(grep -rhoE 'eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+' "$SITE/home/dave/state" | head -n 1)
	export token
}

figure() { curl -sSf "http://127.0.0.1:$ADMIN/metrics" | awk -v s="phigate_$1" '$1 == s {print $2}'; }
# grown SERIES BEFORE: it has since
grown() { [ "$(figure "$1")" -gt "$2" ]; }
grows() { until_ok "$1 grows" grown "$1" "$2"; }
certify() {
	rm -f "$CERT/key-cert.pub"
	ssh-keygen -q -s "$CERT/key" -I test -n phigate -V -1m:+4m -O clear -O permit-port-forwarding \
		-O "extension:id-token@phigate=$1" "$CERT/key.pub" 2>/dev/null
}
raw_ssh() {
	timeout 15 ssh -F none -i "$CERT/key" -o CertificateFile="$CERT/key-cert.pub" -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes \
		-o UserKnownHostsFile="$CERT/known_hosts" -o ConnectTimeout=5 -p "$AGENT_PORT" "$@" < /dev/null > /dev/null 2>&1 || true
}
inner() { exec 7<> "/dev/tcp/127.0.0.1/$AGENT_PORT"; head -n 1 <&7 | grep -oE 'phigate/1:[0-9]+' | cut -d: -f2; exec 7>&-; }

# first: once the agent has seen a nonce of the provider, no token without one logs in
@test "refusals have their reason: a token, another port, another account" {
	token_before=$(figure 'ssh_refused_total{reason="token"}') port_before=$(figure 'channels_refused_total{reason="port"}')
	certify "${token%?????}AAAAA"
	raw_ssh -W "127.0.0.1:$(inner)" "$AGENT_USER@127.0.0.1"
	grows 'ssh_refused_total{reason="token"}' "$token_before"
	certify "$token"
	raw_ssh -W "127.0.0.1:${MODEL##*:}" "$AGENT_USER@127.0.0.1"
	grows 'channels_refused_total{reason="port"}' "$port_before"
	account_before=$(figure 'channels_refused_total{reason="account"}')
	if [ "$(id -un)" != "$AGENT_USER" ]; then
		(exec 8<> "/dev/tcp/127.0.0.1/$(inner)"; head -c 1 <&8 > /dev/null)
		grows 'channels_refused_total{reason="account"}' "$account_before"
	fi
}

@test "a tunnel is a start, a login, a connection and its channels" {
	starts=$(figure ssh_starts_total) logins=$(figure ssh_logins_total) channels=$(figure channels_opened_total)
	same "connections" 0 "$(figure ssh_connections)"
	tunnel $T alice openai-prod
	chat plain hi > /dev/null
	same "starts" $((starts + 1)) "$(figure ssh_starts_total)"
	same "logins" $((logins + 1)) "$(figure ssh_logins_total)"
	same "connections" 1 "$(figure ssh_connections)"
	[ "$(figure 'channels{kind="control"}')" -ge 1 ] || fail "no control channel"
	grown channels_opened_total $((channels + 1)) || fail "channels: $(figure channels_opened_total), before $channels"
	tunnel_close $T
	until_ok "it is gone" eval '[ "$(figure ssh_connections)" = 0 ]'
}

@test "who does not log in is dropped from a crowd, or after a while, and one that comes too often is told by the rate" {
	crowd=$(figure 'ssh_refused_total{reason="crowd"}') late=$(figure 'ssh_refused_total{reason="timeout"}')
	for _ in 1 2 3 4 5 6 7 8 9; do
		exec {fd}<> "/dev/tcp/127.0.0.1/$AGENT_PORT"
		head -c 4 <&$fd > /dev/null
		fds+=("$fd")
	done
	grows 'ssh_refused_total{reason="crowd"}' "$crowd"
	same "waiting" 8 "$(figure ssh_waiting)"
	grows 'ssh_refused_total{reason="timeout"}' "$late"
	rate=$(figure 'ssh_refused_total{reason="rate"}')
	for _ in $(seq 70); do (exec 8<> "/dev/tcp/127.0.0.1/$AGENT_PORT") 2> /dev/null || true; done
	grows 'ssh_refused_total{reason="rate"}' "$rate"
	for fd in "${fds[@]}"; do exec {fd}>&-; done
}
