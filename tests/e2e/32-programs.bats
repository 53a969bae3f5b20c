# Programs sign in with a token that somebody lays into a file, as Kubernetes does for service accounts; the issuer is a stand-in.
load lib/common

SUB=system:serviceaccount:ward:summaries
setup_file() {
	site_folder && site_account && idp_start && model_start && site_policy || return 1
	service issuer node "$SITE_TESTS/e2e/lib/issuer.mjs"
	speaks issuer || return 1
	CLUSTER=$(json issuer < "$SITE/issuer.out")
	export CLUSTER
	site_configure || return 1
	sed -i "s|^oidc: \(.*\)|oidc:\n  - \1\n  - {issuer: '$CLUSTER', audience: phigate, groups_prefix: cluster/, subjects: {'system:serviceaccount:ward:summaries': [clinicians]}}|" \
		"$SITE/agent/agent.yaml"
	agent_start && login alice || return 1
	for name in robot twin; do
		home $name
		sed -i "s|^oidc: .*|oidc: {issuer: '$CLUSTER', client_id: phigate}|" "$SITE/home/$name/config/phigate/client.yaml"
		lay $name "{\"sub\":\"system:serviceaccount:ward:summaries\",\"aud\":[\"phigate\"]}"
	done
}
# lay NAME CLAIMS: a new token in its file
lay() { curl -sS "$CLUSTER/test/token" -d "$2" > "$SITE/home/$1/token.new" && chmod 640 "$SITE/home/$1/token.new" && mv "$SITE/home/$1/token.new" "$SITE/home/$1/token"; }
good() { lay "${1:-robot}" "{\"sub\":\"$SUB\",\"aud\":[\"phigate\"]${2:+,$2}}"; }
setup() { T=t$BATS_TEST_NUMBER; good robot; good twin; }

@test "a program signs in by its file, is in the groups that agent.yaml names, and works through exec" {
	exits 0 as robot phigate login --token-file token
	exits 0 as robot phigate whoami --json
	same "user" "$SUB" "$(jq -r .user <<< "$output")"
	same "renews" true "$(jq -r .renews <<< "$output")"
	tunnel $T robot openai-prod
	code chat plain hi
	same "status" 200 "$code"
	same "who" "$SUB" "$(as robot phigate sessions --json | jq -r "select(.id == \"$SESSION\").user")"
	tunnel_close $T
	exits 0 as robot phigate exec openai-prod -- sh -c 'curl -sSf -H "Authorization: Bearer $OPENAI_API_KEY" "$OPENAI_BASE_URL/models"'
	has "$output" '"object"'
}

@test "the file is read anew: a token that was renewed there is used, one that ran out says so in one line" {
	exits 0 as robot phigate login --token-file "$SITE/home/robot/token"
	exits 0 as robot phigate ls --json
	good robot '"jti":"second"'
	exits 0 as robot phigate ls --json
	good robot "\"exp\":$(($(date +%s) - 100))"
	for command in ls "connect openai-prod" "show 0000-0000"; do
		exits 3 as robot phigate $command
		has "$output" "has expired at"
		has "$output" "who writes it there must renew it"
		same "lines" 1 "$(grep -c . <<< "$output")"
	done
	rm "$SITE/home/robot/token"
	exits 3 as robot phigate ls
	same "said" "phigate: $SITE/home/robot/token: No such file or directory; when the token lies elsewhere now, run: phigate login --token-file FILE" "$output"
}

@test "forged, foreign, another audience's and unknown subjects' tokens open nothing" {
	exits 0 as robot phigate login --token-file token
	for claims in "{\"sub\":\"$SUB\",\"aud\":[\"phigate\"],\"forged\":true}" '{"sub":"system:serviceaccount:ward:other","aud":["phigate"]}'; do
		lay robot "$claims"
		exits 0 as robot phigate login --token-file token
		rc=0; said=$(as robot phigate connect openai-prod 2>&1) || rc=$?
		[ $rc != 0 ] || fail "$claims connects"
	done
	good
	exits 0 as robot phigate login --token-file token
	for claims in '{"sub":"system:serviceaccount:ward:other","aud":["phigate"]}' "{\"sub\":\"$SUB\",\"aud\":[\"vault\"]}" "{\"sub\":\"$SUB\",\"aud\":[\"phigate\"],\"iss\":\"https://elsewhere.example\"}" \
		"{\"sub\":\"$SUB\",\"aud\":[\"phigate\"],\"nonce\":\"x\"}"; do
		lay robot "$claims"
		rc=0; said=$(as robot phigate connect openai-prod 2>&1) || rc=$?
		[ $rc != 0 ] || fail "$claims connects"
		has "$said" "$SITE/home/robot/token: "
	done
	no_token=$(agent_log)
	hasnt "$no_token" eyJ
}

@test "a token that two programs use with keys of their own opens nothing any more" {
	good robot '"jti":"shared"'
	cp "$SITE/home/robot/token" "$SITE/home/twin/token"
	exits 0 as robot phigate login --token-file token
	exits 0 as twin phigate login --token-file token
	exits 0 as robot phigate ls
	for name in twin robot; do
		rc=0; said=$(as $name phigate ls 2>&1) || rc=$?
		[ $rc != 0 ] || fail "$name goes on"
	done
	has "$(agent_log)" '"event":"token_conflict"'
	good robot '"jti":"its own"'
	exits 0 as robot phigate ls
}

@test "a file that others may write is refused" {
	chmod 662 "$SITE/home/robot/token"
	exits 1 as robot phigate login --token-file token
	has "$output" "chmod go-w"
}
