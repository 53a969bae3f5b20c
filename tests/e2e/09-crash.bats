load lib/common

setup_file() { site_start && login alice; }

streaming() { [ "$(wc -c < "$SITE/stream")" -gt "$1" ]; }

@test "kill -9 in mid-stream: the session is recovered, closed as crash, and verifies with the cut on record" {
	tunnel $T alice openai-prod
	old=$SESSION
	chat note "A whole exchange before the crash: appendectomy." > /dev/null
	chat_stream slow hi > "$SITE/stream" 2> /dev/null 3>&- & request=$!
	until_ok "the stream" streaming 20000
	sleep 1.5
	agent_kill
	wait $request || true
	until_ok "nothing of the agent is left" eval '[ "$(id -u)" != 0 ] || ! pgrep -u "$AGENT_USER" > /dev/null'
	agent_start
	bundle alice "$old" "$SITE/crash.tar"
	exits 0 as alice phigate verify "$SITE/crash.tar"
	same "end" crash "$(tar -xOf "$SITE/crash.tar" session.json | jq -r .end)"
	has "$(tar -xOf "$SITE/crash.tar")" appendectomy
	has "$(tar -xOf "$SITE/crash.tar" index.jsonl)" '"k":"recovered"'
	no_phi "$(tar -xOf "$SITE/crash.tar")"
	exits 0 as alice phigate replay "$SITE/crash.tar" --speed 0 --max-pause 0
}

@test "after a crash connect opens a new session on the same port with the same key" {
	tunnel $T alice openai-prod
	url=$URL key=$KEY old=$SESSION
	agent_kill
	agent_start
	again=$(SITE_WAIT_S=40 event tunnel-$T session)
	same "previous" "$old" "$(json previous <<< "$again")"
	[ "$(json session <<< "$again")" != "$old" ]
	until_ok "the tunnel is back" eval 'chat plain hi > /dev/null 2>&1'
	code chat plain hi
	same "status on $url with the same key" 200 "$code"
}

@test "a tunnel never outlives its agent: once it is killed, its port takes nothing more" {
	tunnel $T alice openai-prod
	[ "$(id -u)" = 0 ] || skip "needs an account of the agent's own"
	agent_kill
	until_ok "sshd and keeper end" eval '! pgrep -u "$AGENT_USER" > /dev/null'
	agent_start
}

@test "stopping the agent seals what is open" {
	tunnel $T alice openai-prod
	old=$SESSION
	chat note "Before the stop: tonsillectomy." > /dev/null
	end agent
	agent_start
	bundle alice "$old" "$SITE/stop.tar"
	same "end" stop "$(tar -xOf "$SITE/stop.tar" session.json | jq -r .end)"
	exits 0 as alice phigate verify "$SITE/stop.tar"
}
