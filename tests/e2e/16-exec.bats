load lib/common

setup_file() { site_start && login alice carol; }

@test "exec gives a command address and key, exits with its status, and seals the session" {
	exits 0 as alice phigate exec openai-prod --reason "one question" -- sh -c \
		'curl -sS "$OPENAI_BASE_URL/chat/completions" -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" \
		-d "{\"model\":\"note\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"'
	no_phi "$output"
	has "$output" "[SSN]"
	exits 7 as alice phigate exec openai-prod -- sh -c 'exit 7'
	has "$(as alice phigate exec openai-prod -- sh -c 'echo $OPENAI_BASE_URL $ANTHROPIC_BASE_URL $OLLAMA_HOST')" http://127.0.0.1:
	until_ok "no session stays open" eval '[ -z "$(as alice phigate sessions --json | jq -r "select(.state == \"open\") | .id")" ]'
}

@test "exec exits 125 when phigate itself fails" {
	exits 125 as alice phigate exec nothing-here -- true
	exits 125 as carol phigate exec openai-prod -- true
	has "$output" "members of"
	exits 125 as alice phigate exec openai-prod --purpose FUN -- true
	exits 125 as alice phigate exec openai-prod --emergency -- true
	exits 126 as alice phigate exec openai-prod -- /etc/passwd
	exits 127 as alice phigate exec openai-prod -- no-such-command
}

@test "the session's key stands in no process list" {
	as_service "tunnel-$T" alice phigate exec openai-prod -- sh -c 'sleep 5; echo'
	until_ok "the command runs" pgrep -P "$(pid_of "tunnel-$T")" -x sh
	run -0 ps -o args= -p "$(pid_of "tunnel-$T")" --ppid "$(pid_of "tunnel-$T")"
	has "$output" "exec openai-prod -- sh -c"
	has "$output" "sh -c sleep 5; echo"
	hasnt "$output" phg_
	end "tunnel-$T" INT
}
