load lib/common

setup_file() { site_start && login alice adam; }

client() { echo "$SITE/home/$1/config/phigate/client.yaml"; }
# ill STATUS USER CHECK WORDS…: doctor exits so, and the line of that check says FAIL and all the words
ill() {
	local want=$1 user=$2 check=$3 line word
	shift 3
	exits "$want" as "$user" phigate doctor
	line=$(grep "^FAIL  $check " <<< "$output") || fail "no failed line for $check in: $output"
	for word in "$@"; do has "$line" "$word"; done
}

@test "all is well: every check is one good line" {
	exits 0 as alice phigate doctor
	for check in config provider clock sign-in agent "host key" account recording disk store policy model; do
		grep -q "^ok    $check " <<< "$output" || fail "no good line for $check in: $output"
	done
	same "objects" "ok" "$(as alice phigate doctor --json | jq -r .result | sort -u | tr '\n' ' ' | sed 's/ $//')"
	has "$(as alice phigate doctor --json | jq -r 'select(.check == "model") | .which')" gpu-1/openai-prod
}

@test "no group, and which would do" {
	ill 4 adam groups clinicians "phigate login"
}

@test "another host key than in client.yaml" {
	ssh-keygen -q -t ed25519 -N '' -f "$SITE/other"
	cp "$(client alice)" "$SITE/client.yaml"
	sed -i "s|host_key: [^,]*,|host_key: $(cut -d' ' -f1,2 "$SITE/other.pub"),|" "$(client alice)"
	ill 4 alice "host key" gpu-1
	cp "$SITE/client.yaml" "$(client alice)"
}

@test "a port that something else holds" {
	port=${MODEL##*:}
	printf 'connections: {openai-prod: {port: %s}}\n' "$port" >> "$(client alice)"
	ill 1 alice port openai-prod "$port" client.yaml
	sed -i '/^connections:/d' "$(client alice)"
}

@test "a model that is down" {
	end model
	ill 1 alice model gpu-1/ "start it"
	model_start "${MODEL##*:}"
}

@test "a policy that is broken, with its file and line" {
	printf 'rules: 7\n' >> "$SITE/agent/policies/hipaa.yaml"
	# the agent looks at most every 10 s
	broken() { output=$(as alice phigate doctor 2>&1) || true; grep -q '^FAIL  policy ' <<< "$output"; }
	until_ok "it is found" broken
	has "$(grep '^FAIL  policy' <<< "$output")" "hipaa.yaml:"
	has "$(grep '^FAIL  policy' <<< "$output")" "stay in force"
	site_policy
}

@test "a provider that does not answer, or calls itself otherwise" {
	cp "$(client alice)" "$SITE/client.yaml"
	sed -i "s|issuer: '[^']*'|issuer: 'http://127.0.0.1:1'|" "$(client alice)"
	ill 6 alice provider "127.0.0.1:1"
	cp "$SITE/client.yaml" "$(client alice)"
	sed -i "s|issuer: '\([^']*\)'|issuer: '\1/'|" "$(client alice)"
	ill 1 alice provider "another name" client.yaml
	cp "$SITE/client.yaml" "$(client alice)"
}

@test "a clock that is wrong" {
	cat > "$SITE/late.mjs" <<-'J'
	import http from 'node:http'
	const server = http.createServer((_, res) => {
		res.writeHead(200, { 'Content-Type': 'application/json', Date: new Date(Date.now() - 3600e3).toUTCString() })
		res.end(JSON.stringify({ issuer: `http://127.0.0.1:${server.address().port}` }))
	}).listen(0, '127.0.0.1', () => console.log(server.address().port))
	J
	service late node "$SITE/late.mjs"
	speaks late
	cp "$(client alice)" "$SITE/client.yaml"
	sed -i "s|issuer: '[^']*'|issuer: 'http://127.0.0.1:$(cat "$SITE/late.out")'|" "$(client alice)"
	output=$(as alice phigate doctor 2>&1) && fail "it is content: $output"
	has "$(grep '^FAIL  clock' <<< "$output")" "ahead of the provider's"
	has "$(grep '^FAIL  clock' <<< "$output")" timedatectl
	cp "$SITE/client.yaml" "$(client alice)"
	end late
}

@test "an agent that is gone, or refuses" {
	end agent
	ill 6 alice agent gpu-1
	sed -i 's/audience: phigate/audience: another/' "$SITE/agent/agent.yaml"
	agent_start
	exits 4 as alice phigate doctor
	has "$output" FAIL
	sed -i 's/audience: another/audience: phigate/' "$SITE/agent/agent.yaml"
}
