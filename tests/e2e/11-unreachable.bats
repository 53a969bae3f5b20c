load lib/common

setup_file() { site_start && login alice; }

@test "the provider is down: running sessions and known keys go on, login fails with a clear line" {
	tunnel $T alice openai-prod
	port=${ISSUER##*:}
	end idp
	code chat plain hi
	same "running session" 200 "$code"
	exits 0 as alice phigate ls
	exits 6 as carol phigate login --no-browser
	has "$output" "$ISSUER"
	idp_start "$port"
	# the provider has new keys now: sign in again
	login alice
	exits 0 as alice phigate whoami
}

@test "the model is down: 502 in the dialect's shape, and the session goes on" {
	tunnel $T alice openai-prod
	end model
	code chat plain hi
	same "status" 502 "$code"
	same "shape" "string string" "$(jq -r '.error | (.message | type) + " " + (.type | type)' <<< "$output")"
	model_start "${MODEL##*:}"
	code chat plain hi
	same "status" 200 "$code"
}

@test "the agent is down: exit 6, and which one" {
	end agent
	exits 6 as alice phigate connect openai-prod
	has "$output" gpu-1
	exits 6 as alice phigate ls
	agent_start
}

@test "doctor says line by line what works and what does not" {
	exits 0 as alice phigate doctor
	[ "$(wc -l <<< "$output")" -ge 4 ]
	end agent
	said=$(as alice phigate doctor 2>&1) && fail "doctor is content without an agent: $said"
	has "$said" gpu-1
	agent_start
}
