load lib/common

# a week of a ward in a minute: sessions, one that is held and approved, one revoked, emergencies reviewed and not
setup_file() {
	site_folder && site_account && idp_start && model_start && site_policy || return 1
	cat >> "$SITE/agent/policies/hipaa.yaml" <<-'Y'
	emergency: {groups: [emergency-physicians], max_duration: 30m}
	Y
	site_configure && agent_start || return 1
	idp_set '{"groups":{"alice":["clinicians"],"bob":["privacy-officers"],"erin":["clinicians","emergency-physicians"],"audrey":["privacy-office"],
		"adam":["platform"]}}'
	login alice bob erin audrey adam
	vkeys > "$SITE/ledger.vkey"
	tunnel week alice openai-prod --reason "ward round | <b>[x](http://evil.example) of Jane Smith"
	chat note "Summarise the last visit." > /dev/null
	chat note "List every patient." > /dev/null 2>&1 3>&- & local request=$!
	as bob phigate approve "$(event tunnel-week held | json id)" --reason "night census </style>"
	wait $request
	tunnel_close week
	tunnel week erin openai-prod --emergency --reason "cardiac arrest"
	chat note "List every patient on the ward." > /dev/null
	echo "$SESSION" > "$SITE/reviewed"
	tunnel_close week
	until_ok "sealed" bundle_there audrey "$(cat "$SITE/reviewed")" "$SITE/e.tar"
	as audrey phigate review "$(cat "$SITE/reviewed")" --finding "Justified: SSN 536-22-8741 was in arrest." > /dev/null
	tunnel week erin openai-prod --emergency --reason "stroke"
	tunnel_close week
	tunnel week alice ollama-prod
	as adam phigate revoke "$SESSION" > /dev/null
	tunnel_close week || true
}

gather() { as audrey phigate evidence --from "${FROM:-1h}" -o "$SITE/$T.tar" --allowed-signers "$SITE/allowed_signers" --ledger "$SITE/ledger.vkey" "$@"; }
member() { tar -xOf "$SITE/$T.tar" "$1"; }
verified() { as audrey phigate verify "$SITE/$T.tar" --allowed-signers "$SITE/allowed_signers" --ledger "$SITE/ledger.vkey" "$@"; }

@test "a pack tells of every session, approval, emergency and review of the period, and stock tools verify it" {
	exits 0 gather
	has "$output" "4 sessions, 4 of 4 bundles verified"
	same "members" "pack.json sessions.jsonl approvals.jsonl emergencies.jsonl reviews.jsonl changes.jsonl ledger.json ledger.checkpoint ledger.jsonl \
results.jsonl bundles.sha256 index.md index.html SHA256SUMS SHA256SUMS.sig" "$(tar -tf "$SITE/$T.tar" | xargs)"
	same "users" "alice@hospital.example erin@hospital.example erin@hospital.example alice@hospital.example" "$(member sessions.jsonl | jq -r .user | xargs)"
	same "approval" "used approved bob@hospital.example night census </style>" \
		"$(member approvals.jsonl | jq -r '"\(.state) \(.decisions[0] | "\(.decision) \(.user) \(.reason)")"')"
	same "emergencies" "1 0" "$(member emergencies.jsonl | jq -r .reviews | xargs)"
	same "review" "$(cat "$SITE/reviewed")" "$(member reviews.jsonl | jq -r .session)"
	same "revoked by" adam@hospital.example "$(member changes.jsonl | jq -r 'select(.kind == "phigate-revoke-v1").by')"
	same "results" "verified verified verified verified" "$(member results.jsonl | jq -r .result | xargs)"
	same "leaves" "$(member ledger.json | jq '.to - .from')" "$(member ledger.jsonl | wc -l)"
	exits 0 verified
	for check in archive members signature sums ledger lists reviews bundles; do has "$output" "ok       $check"; done
	mkdir "$SITE/$T" && cd "$SITE/$T"
	tar -xf "$SITE/$T.tar"
	exits 0 ssh-keygen -Y verify -f "$SITE/allowed_signers" -I gpu-1@phigate -n phigate-evidence-v1 -s SHA256SUMS.sig < SHA256SUMS
	exits 0 sha256sum --strict --quiet -c SHA256SUMS
	as audrey phigate bundle "$(cat "$SITE/reviewed")" --part 1 -o "$PWD/$(cat "$SITE/reviewed").1.tar" > /dev/null
	exits 0 sha256sum --strict --ignore-missing -c bundles.sha256
	has "$output" "$(cat "$SITE/reviewed").1.tar: OK"
	no_phi "$(cat ./*.json* index.* ledger.* bundles.sha256)"
}

@test "its page and its Markdown say what was found for each rule; what others wrote is only text" {
	exits 0 gather
	member index.html > "$SITE/$T.html"
	seen=$(node "$SITE_TESTS/e2e/lib/page.mjs" "$SITE/$T.html" text)
	for shown in "Evidence of agent gpu-1" "It holds" "164.312(b)" "Sessions: 4, with 3 requests" "164.308(a)(1)(ii)(D)" "Signed reviews: 1" "Emergency accesses: 2, of which not reviewed yet: 1" \
		"Emergency access, not reviewed" "approved by bob@hospital.example" "night census </style>" "ward round | <b>[x](" \
		"agent.yaml in force" "ssh-keygen -Y verify" "✓ holds"; do has "$seen" "$shown"; done
	text=$(member index.md)
	for shown in "# Evidence of agent gpu-1" "| 164.312(b) | Audit controls |" 'ward round \| \<b\>\[x\](' "## What needs attention"; do has "$text" "$shown"; done
	if command -v chromium > /dev/null; then
		has "$(node "$SITE_TESTS/e2e/lib/page.mjs" "$SITE/$T.html" open chromium)" "Evidence of agent gpu-1"
	fi
}

@test "with the bundles inside, each is the one that was verified" {
	exits 0 gather --bundles
	mkdir "$SITE/$T" && cd "$SITE/$T"
	tar -xf "$SITE/$T.tar"
	exits 0 sha256sum --strict --quiet -c SHA256SUMS
	exits 0 sha256sum --strict --quiet -c bundles.sha256
	for bundle in ./*.tar; do exits 0 as audrey phigate verify "$PWD/$bundle" --allowed-signers "$SITE/allowed_signers" --ledger "$SITE/ledger.vkey"; done
	exits 0 verified --json
	same "verified" true "$(json verified <<< "$output")"
}

# changed NAME COMMAND…: the pack with a member changed by a filter, and SHA256SUMS made anew, as who has no key would
changed() {
	local name=$1 dir
	shift
	dir=$(mktemp -d "$SITE/changed.XXXXXX")
	tar -xf "$SITE/$T.tar" -C "$dir"
	"$@" < "$dir/$name" > "$dir/.new" && mv "$dir/.new" "$dir/$name"
	[ "${SUMS:-}" = kept ] || (cd "$dir" && LC_ALL=C sha256sum $(cut -c67- SHA256SUMS) > .sums && mv .sums SHA256SUMS)
	touch -d "@$(date -d "$(tar -xOf "$SITE/$T.tar" pack.json | json made_at)" +%s)" "$dir"/*
	(cd "$dir" && tar -tf "$SITE/$T.tar" | tar -cf "$dir.tar" -b 1 --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --no-recursion -T -)
	output=$(as audrey phigate verify "$dir.tar" --allowed-signers "$SITE/allowed_signers" --ledger "$SITE/ledger.vkey" 2>&1) && fail "verified: $*"
	rm -rf "$dir" "$dir.tar"
}

@test "what is changed or left out of a pack is found, and by whom it was signed" {
	exits 0 gather
	SUMS=kept changed index.html sed 's/4 of 4/3 of 3/'
	has "$output" "FAILED   sums"
	changed results.jsonl sed 's/verified/failed/'
	has "$output" "FAILED   signature"
	changed sessions.jsonl sed 1d
	has "$output" "the ledger tells of the opening of session"
	changed approvals.jsonl sed 1d
	has "$output" "the ledger tells of hold"
	changed approvals.jsonl sed 's/bob@/eve@/'
	has "$output" "the ledger tells of hold"
	changed reviews.jsonl sed 1d
	has "$output" "the ledger tells of a review"
	changed reviews.jsonl sed 's/Justified/Forbidden/'
	has "$output" "FAILED   reviews"
	changed emergencies.jsonl sed 1d
	has "$output" "emergencies.jsonl lacks session"
	changed changes.jsonl sed '/revoke/d'
	has "$output" "FAILED   lists"
	changed ledger.jsonl sed 5d
	has "$output" "FAILED   ledger"
	changed ledger.jsonl sed '$d'
	has "$output" "FAILED   ledger"
	changed ledger.jsonl sed 's/adam@/alan@/'
	has "$output" "FAILED   ledger"
	changed results.jsonl sed 1d
	has "$output" "nothing is said of session"
	exits 5 as audrey phigate verify "$SITE/$T.tar" --allowed-signers /dev/null
	exits 5 as audrey phigate verify "$SITE/$T.tar" --allowed-signers "$SITE/allowed_signers" --ledger <(sed 's/phigate/other/' "$SITE/ledger.vkey")
}

@test "a bundle that is missing or damaged, and a session that is open, are told and not left out" {
	tunnel $T alice openai-prod
	exits 0 gather
	has "$output" "1 still open"
	same "open" 1 "$(member results.jsonl | grep -c '"result":"open"')"
	first=$(member sessions.jsonl | head -n 1 | json id)
	file=$STATE/bundles/$first/1.tar
	mv "$file" "$SITE/kept.tar"
	exits 5 gather
	has "$output" "1 missing"
	has "$(member index.md)" "A bundle is missing"
	exits 0 verified
	has "$output" "1 were missing"
	sed 's/ward round/home round/' "$SITE/kept.tar" > "$file"
	chmod a+r "$file"
	exits 5 gather
	has "$output" "1 failed"
	has "$(member index.md)" "A bundle does not verify"
	same "result" failed "$(member results.jsonl | head -n 1 | json result)"
	mv "$SITE/kept.tar" "$file"
	[ "$(id -u)" != 0 ] || chown "$AGENT_USER:" "$file"
	exits 0 gather
}

@test "only an auditor gathers evidence, of a period that is one" {
	exits 4 as alice phigate evidence --from 1h -o "$SITE/$T.tar"
	has "$output" "only an auditor"
	[ ! -e "$SITE/$T.tar" ]
	exits 1 as audrey phigate evidence -o "$SITE/$T.tar"
	has "$output" "--from is missing"
	exits 1 gather --to 2h
	has "$output" "must begin before it ends"
	exits 1 gather --to yesterday
	exits 1 gather --agent gpu-9
	FROM=$(date -u +%F) exits 0 gather --to "$(date -u +%F)"
	FROM=2020-01-01 exits 0 gather --to 2020-02-01
	has "$(member index.md)" "Nothing was recorded"
	exits 0 verified
	same "left beside it" "" "$(find "$SITE" -maxdepth 1 -name '*part-*' -o -maxdepth 1 -name '.phigate*')"
}
