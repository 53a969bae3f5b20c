load lib/common

setup_file() { site_start && login alice; }

# the sshd of the agent's account that serves the tunnel
sshds() { pgrep -u "$AGENT_USER" -x sshd; }

@test "a lost SSH connection comes back with the same port, key and session" {
	[ "$(id -u)" = 0 ] || skip "needs an account of the agent's own"
	tunnel $T alice openai-prod
	code chat plain hi
	same "before" 200 "$code"
	kill -KILL $(sshds)
	until_ok "the tunnel is back" eval 'code chat plain hi 2>/dev/null; [ "$code" = 200 ]'
	code chat plain again
	same "after" 200 "$code"
	same "sessions opened" 1 "$(as alice phigate sessions --json | jq -r 'select(.id? == "'"$SESSION"'" or .session? == "'"$SESSION"'") | 1' | wc -l)"
	! grep -q '"event": *"session"' "$SITE/tunnel-$T.out" || fail "a new session was opened"
}

logins() { agent_log | grep -c '"event":"ssh_login"' || true; }

@test "many requests at once share one SSH connection without waiting for one another" {
	before=$(logins)
	tunnel $T alice openai-prod
	chat_stream slow hi > /dev/null 2>&1 3>&- & endless=$!
	pids=()
	for n in $(seq 24); do chat plain hi -o /dev/null -w '%{http_code}\n' > "$SITE/many.$n" 3>&- & pids+=($!); done
	wait "${pids[@]}"
	same "answers" 24 "$(cat "$SITE"/many.* | grep -c 200)"
	pkill -P $endless curl || kill $endless
	same "SSH connections" 1 $(($(logins) - before))
}

@test "--port, and the port of the configuration, are kept" {
	port=$(free_ports 1)
	tunnel $T alice openai-prod --port "$port"
	same "port" "$port" "${URL##*:}"
	tunnel_close $T
	port=$(free_ports 1)
	printf 'connections: {openai-prod: {port: %s}}\n' "$port" >> "$SITE/home/alice/config/phigate/client.yaml"
	tunnel $T alice openai-prod
	same "port" "$port" "${URL##*:}"
	sed -i '/^connections:/d' "$SITE/home/alice/config/phigate/client.yaml"
}

@test "Ctrl-C closes the session and seals its bundle; the local port is closed" {
	tunnel $T alice openai-prod
	chat plain hi > /dev/null
	tunnel_close $T
	has "$(cat "$SITE/tunnel-$T.out")" '"closed"'
	! curl -s -o /dev/null --max-time 2 "$URL/v1/models" || fail "the port still answers"
	bundle alice "$SESSION" "$SITE/closed.tar"
	same "end" client "$(tar -xOf "$SITE/closed.tar" session.json | jq -r .end)"
}
