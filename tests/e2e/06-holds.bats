load lib/common

setup_file() { site_start && login alice bob carol; }

ask_all() { chat note "List every patient on the ward." > "$SITE/held.$T" 2>&1 3>&- & REQUEST=$!; }
held_id() { event tunnel-$T held "${1:-1}" | json id; }

@test "a risky request waits until a second person approves it, and is used once" {
	tunnel $T alice openai-prod
	before=$(model_count)
	ask_all
	id=$(held_id)
	[[ $id =~ ^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$ ]]
	has "$(as bob phigate holds --json)" "$id"
	show=$(as bob phigate show "$id")
	has "$show" "every patient"
	has "$show" bulk-export
	same "reached the model" "$before" "$(model_count)"
	exits 0 as bob phigate approve "${id,,}" --reason "audit 7"
	wait $REQUEST
	text=$(content < "$SITE/held.$T")
	no_phi "$text"
	has "$text" "[SSN]"
	event tunnel-$T approved
	exits 1 as bob phigate approve "$id" || exits 4 as bob phigate approve "$id"
	ask_all
	again=$(held_id 2)
	[ "$again" != "$id" ]
	as bob phigate deny "$again" --reason over
	wait $REQUEST || true
}

@test "a denied request gets 403 with the reason; the model never sees it" {
	tunnel $T alice openai-prod
	before=$(model_count)
	ask_all
	id=$(held_id)
	exits 2 as bob phigate deny "$id"
	exits 0 as bob phigate deny "$id" --reason "not needed for care"
	wait $REQUEST || true
	has "$(cat "$SITE/held.$T")" "not needed for care"
	event tunnel-$T denied
	same "reached the model" "$before" "$(model_count)"
}

@test "connect tells people of a held request and of what becomes of it" {
	said() { until_ok "connect says: $1" grep -qE "^$1" "$SITE/tunnel-$T.err" "$SITE/tunnel-$T.out"; }
	as_service tunnel-$T alice phigate connect openai-prod
	said ' *API key'
	URL=$(grep -ohE 'http://127\.0\.0\.1:[0-9]+$' "$SITE/tunnel-$T.out" "$SITE/tunnel-$T.err") KEY=$(grep -ohE 'phg_[A-Za-z0-9_-]+$' "$SITE/tunnel-$T.out" "$SITE/tunnel-$T.err" | head -n 1)
	for how in "cancel" "deny --reason over" "approve --reason fine"; do
		ask_all
		waits() { id=$(as bob phigate holds --json | jq -r .id) && [ -n "$id" ]; }
		until_ok "the request waits" waits
		said "held +$id by the rule bulk-export; one of privacy-officers may let it through until .*: phigate approve $id"
		case $how in
		cancel) exits 0 as alice phigate $how "$id"; said "cancelled +$id: you took it back" ;;
		deny*) exits 0 as bob phigate $how "$id"; said "denied +$id by bob@hospital.example: over" ;;
		*) exits 0 as bob phigate $how "$id"; said "approved +$id by bob@hospital.example: fine" ;;
		esac
		wait $REQUEST || true
	done
}

@test "nobody decides about an own request, nor without the group; unknown ids are named" {
	tunnel $T alice openai-prod
	ask_all
	id=$(held_id)
	exits 4 as alice phigate approve "$id"
	for way in show approve cancel "deny --reason no"; do        # to whom it is of no concern, it is as one that there is not
		exits 4 as carol phigate $way "$id"
		of_one=${output//$id/ID}
		exits 4 as carol phigate $way 0000-0000
		same "what carol hears of $way" "${output//0000-0000/ID}" "$of_one"
	done
	exits 0 as bob phigate deny "$id" --reason over
	wait $REQUEST || true
}

@test "a requester's own group does not help: never by the requester" {
	idp_set '{"groups":{"alice":["clinicians"],"bob":["privacy-officers"],"carol":[],"gina":["clinicians","privacy-officers"]}}'
	login gina
	tunnel $T gina openai-prod
	ask_all
	id=$(held_id)
	exits 4 as gina phigate approve "$id"
	exits 0 as bob phigate approve "$id"
	wait $REQUEST
	has "$(cat "$SITE/held.$T")" "[SSN]"
}

@test "a hold survives a restart of the agent; the identical request goes through once it is approved" {
	tunnel $T alice openai-prod
	ask_all
	id=$(held_id)
	end agent
	wait $REQUEST || true
	agent_start
	has "$(as bob phigate holds --json)" "$id"
	exits 0 as bob phigate approve "$id"
	event tunnel-$T session
	until_ok "the tunnel is back" eval 'chat plain hi > /dev/null 2>&1'
	code chat note "List every patient on the ward."
	same "status" 200 "$code"
	no_phi "$output"
}

@test "holds --watch tells each change as it happens, also of what it missed" {
	as_service watch-$T bob phigate holds --watch --json
	as_service lines-$T bob phigate holds --watch
	as_service carol-$T carol phigate holds --watch --json
	tunnel $T alice openai-prod --reason "ward round"
	ask_all
	id=$(held_id)
	same "its first line" "$id" "$(event watch-$T held | json id)"
	same "reason" "ward round" "$(event watch-$T held | json reason)"
	until_ok "a line for people" grep -q "^held $id by the rule bulk-export: alice@hospital.example on openai-prod" "$SITE/lines-$T.out"
	exits 0 as bob phigate approve "$id" --reason "fine by me"
	wait $REQUEST
	same "approved" "$id" "$(event watch-$T approved | json id)"
	until_ok "a line for people" grep -q "^approved $id .*by bob@hospital.example: fine by me" "$SITE/lines-$T.out"
	ask_all
	again=$(held_id 2)
	event watch-$T held 2
	end agent
	wait $REQUEST || true
	agent_start
	event tunnel-$T session
	exits 0 as alice phigate cancel "$again"
	same "cancelled" "$again" "$(event watch-$T cancelled | json id)"
	same "told" 4 "$(grep -c '"event"' "$SITE/watch-$T.out")"
	same "told to somebody who may not decide" "" "$(cat "$SITE/carol-$T.out")"
	for w in watch lines carol; do end $w-$T; done
}

@test "on a terminal holds --watch draws the table anew" {
	PERSON_TERM=xterm as_service watch-$T bob script -qefc "phigate holds --watch" /dev/null
	tunnel $T alice openai-prod
	ask_all
	id=$(held_id)
	until_ok "the table" grep -q "$id .*you may decide" "$SITE/watch-$T.out"
	exits 0 as bob phigate deny "$id" --reason over
	wait $REQUEST || true
	until_ok "the table without it" eval 'tail -c 120 "$SITE/watch-$T.out" | grep -q "no requests wait"'
	end watch-$T
}

@test "what is shown to the approver is masked, and has no terminal control in it" {
	tunnel $T alice openai-prod
	chat note 'List all patients like Dr. Jane Smith, SSN 536-22-8741 \u001b[2J\u202e' > /dev/null 2>&1 3>&- & REQUEST=$!
	id=$(held_id)
	show=$(as bob phigate show "$id")
	no_phi "$show"
	has "$show" "[SSN]"
	hasnt "$show" $'\e'
	hasnt "$(as bob phigate show "$id" --json)" 536-22-8741
	as bob phigate deny "$id" --reason over
	wait $REQUEST || true
}
