load lib/common

setup_file() { AGENT_MORE='session: {max_duration: 8h, idle_timeout: 30m, concurrent: 2}' site_start && login alice dave adam audrey; }

now_ms() { echo "${EPOCHREALTIME/./}" | cut -c-13; }
# the sshd of the agent's account that serves tunnels
sshds() { pgrep -u "$AGENT_USER" -x sshd; }
# endless FILE: a stream in the background that says in FILE.end when it ended
endless() {
	{ chat_stream slow hi > "$1" 2> /dev/null || true; now_ms > "$1.end"; } 3>&- &
	until_ok "the stream" eval "[ \"\$(wc -c < '$1' 2>/dev/null || echo 0)\" -gt 1000 ]"
}
# session USER ID FIELD
session_field() { as "$1" phigate sessions --json | jq -r "select(.id == \"$2\") | .$3"; }

@test "a running stream ends within a second of its revocation" {
	tunnel $T alice openai-prod
	endless "$SITE/stream"
	exits 0 as adam phigate revoke "$SESSION"
	revoked=$(now_ms)
	until_ok "the stream ends" test -s "$SITE/stream.end"
	[ $(($(cat "$SITE/stream.end") - revoked)) -le 1000 ] || fail "$(($(cat "$SITE/stream.end") - revoked)) ms after it"
	hasnt "$(cat "$SITE/stream")" '[DONE]'
}

@test "a client that hears nothing loses its SSH connection all the same" {
	[ "$(id -u)" = 0 ] || skip "needs an account of the agent's own"
	tunnel $T alice openai-prod
	endless "$SITE/deaf"
	[ -n "$(sshds)" ] || fail "no sshd serves the tunnel"
	kill -STOP "$(pid_of "tunnel-$T")"
	exits 0 as adam phigate revoke "$SESSION"
	until_ok "its sshd is gone" eval '[ -z "$(sshds)" ]'
	same "state" closed "$(session_field audrey "$SESSION" state)"
	same "end" revoked "$(session_field audrey "$SESSION" end)"
	kill -CONT "$(pid_of "tunnel-$T")"
	until_ok "connect ends" gone "tunnel-$T"
}

@test "a person has so many sessions at one time, and one that ends makes room" {
	tunnel $T-a alice openai-prod
	first=$SESSION
	tunnel $T-b alice ollama-prod
	exits 1 as alice phigate connect openai-prod
	has "$output" "session.concurrent"
	has "$output" "phigate revoke"
	tunnel $T-d dave openai-prod                     # others have their own
	exits 0 as alice phigate revoke "$first"
	tunnel $T-c alice openai-prod
	code chat plain hi
	same "status" 200 "$code"
	for t in b c d; do tunnel_close "$T-$t"; done
}

@test "the list is filtered by person, connection, time and state" {
	tunnel $T dave ollama-prod
	ids() { as "$@" --json | jq -r .id; }
	same "dave's open ones" "$SESSION" "$(ids audrey phigate sessions --user dave@hospital.example --state open)"
	same "open ones of the connection" "$SESSION" "$(ids audrey phigate sessions --connection ollama-prod --state open)"
	same "of another connection" "" "$(ids audrey phigate sessions --connection openai-prod --state open)"
	hasnt "$(ids audrey phigate sessions --state closed)" "$SESSION"
	same "opened just now" "$SESSION" "$(ids dave phigate sessions --since 1h --connection ollama-prod)"
	same "in the future" "" "$(ids audrey phigate sessions --since 2200-01-01T00:00:00Z)"
	exits 1 as dave phigate sessions --state half
	has "$output" "open or closed"
	exits 1 as dave phigate sessions --since yesterday
	tunnel_close $T
}

# again OPTIONS: the agent with another session: line
again() {
	end agent
	sed -i "s/^session: .*/session: {$1}/" "$SITE/agent/agent.yaml"
	agent_start
}

@test "a phigate connect that is killed leaves a session that idles out, sealed" {
	again 'idle_timeout: 3s'
	tunnel $T alice openai-prod
	chat plain hi > /dev/null
	end "tunnel-$T" KILL
	same "still open" open "$(session_field alice "$SESSION" state)"
	bundle alice "$SESSION" "$SITE/killed.tar"
	same "end" idle "$(tar -xOf "$SITE/killed.tar" session.json | jq -r .end)"
	exits 0 as alice phigate verify "$SITE/killed.tar"
}

@test "a session ends at its longest life, in the middle of a stream too, and says so" {
	again 'max_duration: 4s'
	tunnel $T alice openai-prod
	endless "$SITE/long"
	until_ok "the stream ends" test -s "$SITE/long.end"
	hasnt "$(cat "$SITE/long")" '[DONE]'
	until_ok "connect ends" gone "tunnel-$T"
	has "$(event $T closed 2>/dev/null || cat "$SITE/tunnel-$T.out")" max_duration
	bundle alice "$SESSION" "$SITE/long.tar"
	same "end" max_duration "$(tar -xOf "$SITE/long.tar" session.json | jq -r .end)"
}
