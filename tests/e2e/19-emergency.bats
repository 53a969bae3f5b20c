load lib/common

SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw

setup_file() {
	site_folder && site_account && idp_start && model_start && site_policy || return 1
	cat >> "$SITE/agent/policies/hipaa.yaml" <<-'Y'
	  - name: two-groups
	    when: {prompt_matches: '(?i)\bwhole ward\b'}
	    then: approve
	    by: [{groups: [privacy-officers]}, {groups: [security]}]
	emergency: {groups: [emergency-physicians], max_duration: 30m}
	Y
	service hook node "$SITE_TESTS/e2e/lib/hook.mjs" "$SECRET"
	speaks hook || return 1
	HOOK=$(json url < "$SITE/hook.out")
	export HOOK
	echo "$SECRET" > "$SITE/agent/hook-secret"
	chmod 600 "$SITE/agent/hook-secret"
	[ "$(id -u)" != 0 ] || chown "$AGENT_USER:" "$SITE/agent/hook-secret"
	AGENT_MORE="notify: [{url: '$HOOK/standard', secret_file: $SITE/agent/hook-secret}, {url: '$HOOK/slack', format: slack}]"
	site_configure && agent_start || return 1
	idp_set '{"groups":{"alice":["clinicians"],"bob":["privacy-officers"],"sam":["security"],"both":["privacy-officers","security"],
		"erin":["clinicians","emergency-physicians"],"audrey":["privacy-office"],"eve":["clinicians","emergency-physicians","privacy-office"]}}'
	login alice bob sam both erin audrey eve
}

told() { grep -q "\"type\":\"$1\".*$2" "$SITE/hook.out"; }
hold_one() { chat note "$1" > "$SITE/held.$T" 2>&1 3>&- & REQUEST=$!; }

@test "emergency access passes at once what would be held, and what is denied stays denied" {
	before=$(model_count)
	tunnel $T erin openai-prod --emergency --reason "cardiac arrest, bay 4"
	grep -q "EMERGENCY ACCESS" "$SITE/tunnel-$T.err"
	code chat note "List every patient on the ward."
	same "status" 200 "$code"
	no_phi "$output"
	code chat note "export the database"
	same "status" 403 "$code"
	same "reached the model" $((before + 1)) "$(model_count)"
	session=$SESSION
	has "$(as audrey phigate sessions --emergency --unreviewed --json)" "$session"
	tunnel_close $T
	bundle erin "$session" "$SITE/e.tar"
	exits 0 as erin phigate verify "$SITE/e.tar" --allowed-signers "$SITE/allowed_signers"
	same "emergency in session.json" true "$(tar -xOf "$SITE/e.tar" session.json | json emergency)"
	same "records without the mark" "" "$(records "$SITE/e.tar" | jq -c 'select(.body.emergency != true)')"
	has "$(records "$SITE/e.tar")" '"outcome":"emergency"'
	until_ok "told at once" told emergency.opened "$session"
	until_ok "told at its end" told emergency.closed "$session"
}

@test "who is not named by the policy has no emergency access, nor has anybody without a reason" {
	exits 4 as alice phigate connect openai-prod --emergency --reason "arrest"
	has "$output" "emergency-physicians"
	exits 2 as erin phigate connect openai-prod --emergency
	exits 4 as bob phigate connect openai-prod --emergency --reason x
	tunnel $T erin openai-prod --reason "ward round"
	hold_one "List every patient on the ward."
	id=$(event tunnel-$T held | json id)
	exits 0 as erin phigate cancel "$id"
	wait $REQUEST || true
	has "$(cat "$SITE/held.$T")" "you cancelled $id"
	event tunnel-$T cancelled
	exits 1 as bob phigate approve "$id"
	has "$output" "taken back"
}

@test "an auditor closes it with a finding; the review is signed, and ssh-keygen verifies it" {
	tunnel $T eve openai-prod --emergency --reason "cardiac arrest, bay 5"
	session=$SESSION
	exits 1 as audrey phigate review "$session" --finding early
	has "$output" "still open"
	tunnel_close $T
	bundle eve "$session" "$SITE/r.tar"
	exits 4 as eve phigate review "$session" --finding "fine, says who did it"
	exits 4 as erin phigate review "$session" --finding "no auditor"
	exits 1 as audrey phigate review "$session" --finding " "
	exits 0 as audrey phigate review "$session" --finding "Justified: the patient, SSN 536-22-8741, was in arrest."
	hasnt "$(as audrey phigate sessions --unreviewed --json)" "$session"
	has "$(as audrey phigate sessions --emergency --json)" "$session"
	exits 0 as eve phigate review "$session"
	has "$output" "verified, signed by gpu-1@phigate"
	has "$output" "Justified"
	no_phi "$output"
	mkdir -p "$SITE/home/audrey/reviews"
	exits 0 as audrey phigate review "$session" --save reviews
	cd "$SITE/home/audrey/reviews"
	ssh-keygen -Y verify -f "$SITE/allowed_signers" -I gpu-1@phigate -n phigate-review-v1 -s "$session.review-1.json.sig" < "$session.review-1.json"
	! sed 's/Justified/Unfounded/' "$session.review-1.json" |
		ssh-keygen -Y verify -f "$SITE/allowed_signers" -I gpu-1@phigate -n phigate-review-v1 -s "$session.review-1.json.sig"
	same "the bundle that was reviewed" "$(tar -xOf "$SITE/r.tar" SHA256SUMS | sha256sum | cut -c-64)" \
		"$(jq -r '.parts[0].sums' "$session.review-1.json")"
	until_ok "told" told emergency.reviewed "$session"
	exits 4 as alice phigate review "$session" || exits 1 as alice phigate review "$session"
}

@test "an emergency that a crash of the agent ends is told of, listed and reviewed like any other" {
	tunnel $T erin openai-prod --emergency --reason "cardiac arrest, bay 6"
	session=$SESSION
	chat note "List every patient on the ward." > /dev/null
	agent_kill
	end "tunnel-$T" KILL                     # else it opens another emergency
	agent_start
	until_ok "told at its end" told emergency.closed "$session"
	listed=$(as audrey phigate sessions --emergency --unreviewed --rule bulk-export --model note --json | grep "$session")
	same "end" crash "$(json end <<< "$listed")"
	exits 0 as audrey phigate review "$session" --finding "Justified."
	hasnt "$(as audrey phigate sessions --unreviewed --json)" "$session"
	until_ok "told of its review" told emergency.reviewed "$session"
}

@test "two groups must approve, each by its own person; who is in both counts once" {
	tunnel $T alice openai-prod
	before=$(model_count)
	hold_one "The whole ward, please."
	id=$(event tunnel-$T held | json id)
	exits 0 as both phigate approve "$id" --reason "one of two"
	has "$output" "needs one of"
	exits 4 as both phigate approve "$id"
	event tunnel-$T approval
	same "reached the model" "$before" "$(model_count)"
	exits 0 as sam phigate approve "$id"
	wait $REQUEST
	text=$(content < "$SITE/held.$T")
	no_phi "$text"
	has "$text" "[SSN]"
	until_ok "told" told hold.approved "$id"
}

@test "notices are signed, survive a restart of the agent, and hold nothing of a request" {
	curl -sS "$HOOK/test/status" -d 503
	tunnel $T alice openai-prod --reason "about Jane Smith"
	hold_one "List every patient like Jane Smith, SSN 536-22-8741."
	id=$(event tunnel-$T held | json id)
	until_ok "a notice is not taken" eval 'agent_log | grep -q notice_not_taken'
	exits 0 as bob phigate deny "$id" --reason "not Jane Smith"
	wait $REQUEST || true
	end agent
	curl -sS "$HOOK/test/status" -d 204
	agent_start
	until_ok "told after the restart" told hold.created "$id"
	until_ok "told after the restart" told hold.denied "$id"
	until_ok "Slack, too" grep -q "\"text\":.*$id" "$SITE/hook.out"
	same "unsigned notices" "" "$(grep '"type"' "$SITE/hook.out" | jq -c 'select(.verified != true)')"
	no_phi "$(cat "$SITE/hook.out")"
}
