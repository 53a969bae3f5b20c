# Callers keep receipts of their sessions: bundles that are missing are named, and an agent whose ledger contradicts an earlier receipt is refused.
load lib/common

receipts() { printf '%s/home/%s/state/phigate/receipts' "$SITE" "$1"; }
recorded() {
	tunnel "$T" "$1" openai-prod --reason "ward round"
	chat note "Summarise the cholecystectomy note." > /dev/null
	tunnel_close "$T"
	bundle "$1" "$SESSION" "$SITE/$SESSION.tar"
}

setup_file() {
	site_start && login alice dave || return 1
	phigate-agent keys --config "$SITE/init/agent.yaml" | grep '^phigate/gpu-1+' > "$SITE/ledger.vkey"
}

@test "each session leaves receipts, and the bundles that are missing are named" {
	recorded alice
	first=$SESSION
	as alice phigate exec openai-prod -- true
	bundle alice "$(as alice phigate sessions --json | jq -r .id | head -n 1)" "$SITE/second.tar"
	second=$(as alice phigate sessions --json | jq -r .id | head -n 1)
	file=$(receipts alice)/receipts.jsonl
	same "receipts" "$(printf 'phigate-open-v1\nphigate-close-v1\nphigate-open-v1\nphigate-close-v1')" "$(jq -r '.leaf | split("\n")[0]' "$file")"
	same "modes" "600 600" "$(stat -c %a "$file" "$(receipts alice)/gpu-1.json" | xargs)"
	no_phi "$(cat "$file")"
	exits 0 as alice phigate verify --receipts "$file" --ledger "$SITE/ledger.vkey" "$SITE/$first.tar" "$SITE/second.tar"
	has "$output" "all there: 2 sessions that the receipts tell of"
	exits 5 as alice phigate verify --receipts "$file" "$SITE/second.tar"
	has "$output" "missing  $first on gpu-1, receipt of 2"
	has "$output" "not all there: 1 of 2 sessions"
	hasnt "$output" "missing  $second"
	same "missing" "$first" "$(as alice phigate verify --receipts "$file" "$SITE/second.tar" --json | jq -r '.receipts.missing[]?.session')"
	# a bundle that was made anew, and still verifies by itself, is not the one of the receipt
	sed -i "s/$(jq -r 'select(.leaf | startswith("phigate-close")) | .leaf | split("\n")[3]' "$file" | head -n 1)/${first//?/a}/" "$file"
	exits 5 as alice phigate verify --receipts "$file" "$SITE/$first.tar" "$SITE/second.tar"
	has "$output" "receipts.jsonl: line 2: "
}

@test "an agent whose ledger was set back is refused by those who saw it before, and by a message that says what to do" {
	recorded dave
	end agent
	cp -a "$STATE/ledger" "$SITE/ledger-before"
	agent_start
	recorded dave
	end agent
	rm -rf "$STATE/ledger" && mv "$SITE/ledger-before" "$STATE/ledger"
	agent_start
	exits 5 as dave timeout 60 phigate connect openai-prod --reason "ward round"
	has "$output" "phigate: the ledger of gpu-1 "
	has "$output" "do not use this agent, and show"
	hasnt "$output" "API key"
	same "evidence" "phigate/gpu-1 phigate/gpu-1" \
		"$(jq -r '.kept, .told | split("\n")[0]' "$(receipts dave)/gpu-1.conflict.json" | xargs)"
	exits 125 as dave phigate exec openai-prod -- true
	has "$output" "the ledger of gpu-1"
	# somebody who saw nothing of it before has nothing to compare with
	home frank
	[ ! -e "$(receipts frank)" ]
}

@test "the key of client.yaml counts more than the one that was seen first" {
	rm -rf "$(receipts alice)"
	sed -i "s|signing_key: |ledger_key: '$(sed 's/^phigate.gpu-1/&/' "$SITE/ledger.vkey")', &|" "$SITE/home/alice/config/phigate/client.yaml"
	exits 0 as alice phigate exec openai-prod -- true
	rm -rf "$(receipts alice)"
	phigate-agent init "$SITE/other" > /dev/null
	other=$(phigate-agent keys --config "$SITE/other/agent.yaml" | grep '^phigate/gpu-1+')
	sed -i "s|ledger_key: '[^']*'|ledger_key: '$other'|" "$SITE/home/alice/config/phigate/client.yaml"
	exits 125 as alice phigate exec openai-prod -- true
	has "$output" "is signed by another key than client.yaml says"
	sed -i "s|ledger_key: '[^']*'|ledger_key: nonsense|" "$SITE/home/alice/config/phigate/client.yaml"
	exits 125 as alice phigate exec openai-prod -- true
	has "$output" "ledger_key"
}
