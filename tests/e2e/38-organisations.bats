# Two organisations at one agent, each with its own provider, where both know an alice with the same sub and a group of the same name; one laptop
# with a profile for each.
load lib/common

setup_file() {
	site_folder && site_account && idp_start || return 1
	service partner node "$SITE_TESTS/e2e/lib/idp.mjs" '{"alice":["clinicians"],"bob":["privacy-officers"],"audrey":["privacy-office"]}'
	speaks partner || return 1
	PARTNER=$(json issuer < "$SITE/partner.out")
	export PARTNER
	model_start && site_policy && site_configure || return 1
	sed -i "s|^oidc: \(.*\)|oidc:\n  - \1\n  - {issuer: '$PARTNER', audience: phigate, groups_prefix: partner/}|; s|groups: \[clinicians\]|groups: [clinicians, partner/clinicians]|" \
		"$SITE/agent/agent.yaml"
	agent_start && login alice bob audrey || return 1
	for user in alice bob audrey; do
		profiles=$SITE/home/$user/config/phigate/profiles
		mkdir -p "$profiles"
		sed "s|$ISSUER|$PARTNER|" "$SITE/home/$user/config/phigate/client.yaml" > "$profiles/partner.yaml"
		as_service "partner-$user" "$user" phigate login --no-browser --json --profile partner
	done
	for user in alice bob audrey; do
		said=$(event "partner-$user" device_code) && signin "$(json verification_uri_complete <<< "$said")" "$user" || return 1
		event "partner-$user" logged_in > /dev/null || return 1
	done
}
subject() { jq -r .id_token "$SITE/home/alice/state/phigate/$1signin.json" | cut -d. -f2 | tr -- -_ +/ | base64 -d 2>/dev/null | jq -r .sub; }
sessions() { as "$1" phigate sessions "${@:2}" --json | jq -r .id; }

@test "a profile is a configuration and a sign-in of its own; one that is not there is named with those that are" {
	same "the same subject" "$(subject '')" "$(subject profiles/partner/)"
	same "own issuer" "$ISSUER" "$(as alice phigate whoami --json | jq -r .issuer)"
	same "the partner's" "$PARTNER" "$(as alice phigate --profile partner whoami --json | jq -r .issuer)"
	same "by environment" "$PARTNER" "$(as alice env PHIGATE_PROFILE=partner phigate whoami --json | jq -r .issuer)"
	same "what exec starts" "$PARTNER" "$(as alice phigate exec --profile partner openai-prod -- phigate whoami --json 2>/dev/null | jq -r .issuer)"
	exits 2 as alice phigate ls --profile partnr
	has "$output" "there is no profile partnr; there are: partner"
	exits 2 as alice phigate ls --profile ../client
	cp "$SITE/home/alice/config/phigate/profiles/partner.yaml" "$SITE/home/alice/config/phigate/profiles/other.yaml"
	exits 3 as alice phigate ls --profile other
	same "one line" "phigate: not signed in; run: phigate login --profile other" "$output"
	exits 0 as alice phigate logout --profile other
	exits 0 as alice phigate ls --profile partner
}

@test "the same sub of another provider is another person: no session, no event, no closing of it" {
	tunnel $T alice openai-prod
	own=$SESSION
	as_service "tunnel-p$T" alice phigate connect --json --profile partner openai-prod
	tunnel_use "p$T"
	theirs=$SESSION
	code chat plain hi
	same "the partner's alice works" 200 "$code"
	has "$(sessions alice)" "$own"
	hasnt "$(sessions alice)" "$theirs"
	has "$(sessions alice --profile partner)" "$theirs"
	hasnt "$(sessions alice --profile partner)" "$own"
	for wrong in "$theirs" "$own --profile partner"; do
		read -r id more <<< "$wrong"
		exits 1 as alice phigate revoke "$id" $more
		has "$output" "there is no session $id that you may see"
		exits 1 as alice phigate bundle "$id" -o "$SITE/never.tar" $more
		has "$output" "there is no session $id that you may see"
	done
	tunnel_close "p$T"
	tunnel_use $T
	code chat plain hi
	same "and hers goes on" 200 "$code"
}

@test "a group of the same name is another group: no approval, no role; and nobody is the second person to oneself" {
	tunnel $T alice openai-prod
	before=$(model_count)
	as_service ask alice curl -sS --max-time 60 "$URL/v1/chat/completions" -H "Authorization: Bearer $KEY" -d "{\"model\":\"plain\",\"messages\":$(messages 'list all patients')}"
	id=$(event "tunnel-$T" held | json id)
	same "the partner's officer sees no hold" "" "$(as bob phigate holds --json --profile partner)"
	for who in "bob --profile partner" "alice --profile partner"; do
		read -r user more <<< "$who"
		for how in show approve "deny --reason no" cancel; do
			rc=0; said=$(as "$user" phigate ${how%% *} "$id" $([[ $how != deny* ]] || echo --reason no) $more 2>&1) || rc=$?
			[ $rc = 1 ] || [ $rc = 4 ] || fail "$who: $how: exit $rc: $said"
			hasnt "$said" patients
		done
	done
	same "nothing went to the model" "$before" "$(model_count)"
	same "the hold still waits" "$id" "$(as bob phigate holds --json | jq -r .id)"
	exits 0 as bob phigate approve "$id"
	until_ok "the answer" gone ask
	has "$(cat "$SITE/ask.out")" '"choices"'
	same "the hospital's auditor sees the session" "$SESSION" "$(sessions audrey | grep "$SESSION")"
	same "the partner's sees none" "" "$(sessions audrey --profile partner)"
}

@test "a connection with roles of its own: the agent's auditor and admin do not find its sessions, its own do, and the partner's only theirs" {
	sed -i "s|^\(  ollama-prod: {.*\)}$|\1, roles: {auditor: [partner/privacy-office], admin: [partner/privacy-office]}}|" "$SITE/agent/agent.yaml"
	exits 0 phigate-agent reload --config "$SITE/agent/agent.yaml"
	tunnel $T alice ollama-prod
	hasnt "$(sessions audrey)" "$SESSION"
	exits 1 as audrey phigate bundle "$SESSION" -o "$SITE/never.tar"
	has "$output" "there is no session $SESSION that you may see"
	same "the connection's auditor" "$SESSION" "$(sessions audrey --profile partner)"
	exits 0 as audrey phigate revoke --profile partner "$SESSION"
	exits 1 as audrey phigate review "$SESSION" --finding fine
	has "$output" "there is no session $SESSION that you may see"
	exits 0 as audrey phigate review --profile partner "$SESSION" --finding fine
	for more in "" "--profile partner"; do
		exits 4 as audrey phigate evidence --from 1h $more -o "$SITE/never.tar"
		has "$output" "evidence is of all connections"
	done
}
