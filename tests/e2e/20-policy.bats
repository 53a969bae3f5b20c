load lib/common

setup_file() { site_start && login alice bob; }

POLICY_FILE() { echo "$SITE/agent/policies/hipaa.yaml"; }
take_over() { phigate-agent reload --config "$SITE/agent/agent.yaml" "$@"; }
setup() {
	T=t$BATS_TEST_NUMBER
	cp "$(POLICY_FILE)" "$SITE/before.yaml"
}
teardown() {
	tunnel_close "$T" || true
	cp "$SITE/before.yaml" "$(POLICY_FILE)"
	take_over > /dev/null
}

@test "reload takes over a changed policy, and shows a mistake with its line and a caret" {
	sed -i 's/export the database/burn the database/' "$(POLICY_FILE)"
	exits 0 take_over
	has "$output" "policy hipaa: "
	exits 0 take_over
	has "$output" "nothing has changed"
	echo 'nonsense: 1' >> "$(POLICY_FILE)"
	exits 2 take_over
	has "$output" "hipaa.yaml:$(grep -n nonsense "$(POLICY_FILE)" | cut -d: -f1):1: "
	has "$output" "  nonsense: 1
  ^"
	has "$(agent_log)" reload_refused
	tunnel $T alice openai-prod
	code chat plain "please burn the database"
	same "the old one stays" 403 "$code"
	has "$(agent_log)" policy_changed
}

@test "a policy that demands a reason and a purpose: exit 4 and what to do" {
	printf 'require_reason: true\nrequire_purpose: [TREAT, HOPERAT]\n' >> "$(POLICY_FILE)"
	exits 0 take_over
	exits 4 as alice phigate connect openai-prod
	has "$output" "--reason"
	exits 4 as alice phigate connect openai-prod --reason "ward round" --purpose HRESCH
	has "$output" "TREAT, HOPERAT"
	exits 2 as alice phigate connect openai-prod --reason "ward round" --purpose CARE
	has "$output" "TREAT, HPAYMT, HOPERAT, HRESCH"
	tunnel $T alice openai-prod --reason "ward round" --purpose TREAT
	same "purpose" TREAT "$(as alice phigate sessions --json | jq -r "select(.id == \"$SESSION\").purpose")"
	tunnel_close $T
	bundle alice "$SESSION" "$SITE/terms.tar"
	same "on record" '["TREAT","ward round"]' "$(tar -xOf "$SITE/terms.tar" session.json | jq -c '[.purpose, .reason]')"
}

@test "a stream with too many identifiers is cut: the SDK raises an error, the session goes on" {
	sed -i '/^rules:/a\  - {name: too-many, when: {phi_in_response: {over: 1}}, then: cut, message: Too much of patients.}' "$(POLICY_FILE)"
	exits 0 take_over
	tunnel $T alice openai-prod
	rc=0; said=$(sdk stream note hi 2>&1) || rc=$?
	[ $rc != 0 ]
	has "$said" "Too much of patients."
	code chat note hi
	same "whole answers" 403 "$code"
	code chat plain hi
	same "the session goes on" 200 "$code"
}

cases() {
	cat > "$SITE/cases.yaml" <<-'Y'
	- name: embeddings are refused
	  route: /v1/embeddings
	  request: {model: m, input: hi}
	  expect: {rule: no-embeddings, then: deny}
	- name: whoever may export
	  route: /v1/chat/completions
	  user: alice@example.org
	  groups: [clinicians]
	  time: 2026-03-08T07:00:00Z
	  request: {model: m, messages: [{role: user, content: export the database}]}
	  expect: {rule: none, then: allow}
	- name: a long list is cut
	  route: /v1/chat/completions
	  purpose: HRESCH
	  request: {model: m, messages: [{role: user, content: hi}]}
	  answer: 'SSN 536-22-8741, SSN 536-22-8742'
	  expect: {rule: too-many, then: cut}
	Y
}

@test "policy-test in an operator's CI: exit 1 and what was expected; a bundle's requests as cases" {
	sed -i '/^rules:/a\  - {name: too-many, when: {phi_in_response: {over: 1}, purpose: HRESCH}, then: cut}' "$(POLICY_FILE)"
	cases
	exits 1 phigate-agent policy-test "$(POLICY_FILE)" "$SITE/cases.yaml"
	has "$output" "ok   $SITE/cases.yaml:1: embeddings are refused: no-embeddings deny (route)"
	has "$output" "FAIL $SITE/cases.yaml:5: whoever may export:"
	has "$output" "     expected  none allow"
	has "$output" "     decided   no-exports deny (prompt_matches)"
	has "$output" "a long list is cut: too-many cut (phi_in_response)"
	has "$output" "3 cases, 1 failed"
	failed=$(phigate-agent policy-test "$(POLICY_FILE)" --json "$SITE/cases.yaml" 2>/dev/null | jq -c 'select(.ok | not) | [.line, .rule, .expected.rule]')
	same "the failure" '[5,"no-exports","none"]' "$failed"
	sed -i 's/rule: none, then: allow/rule: no-exports, then: deny/' "$SITE/cases.yaml"
	exits 0 phigate-agent policy-test "$(POLICY_FILE)" "$SITE/cases.yaml"
	echo '- {route: /metrics, expect: {rule: route, then: deny}}' > "$SITE/refused.yaml"
	exits 0 phigate-agent policy-test "$(POLICY_FILE)" "$SITE/refused.yaml"
	has "$output" "route deny (The model server's metrics are for its operator.)"
	sed -i 's/purpose: HRESCH/purpose: CARE/' "$SITE/cases.yaml"
	exits 2 phigate-agent policy-test "$(POLICY_FILE)" "$SITE/cases.yaml"
	has "$output" "TREAT, HPAYMT, HOPERAT, HRESCH
    purpose: CARE"

	tunnel $T alice openai-prod
	code chat plain "please export the database"
	code chat plain hi
	tunnel_close $T
	exits 0 as alice phigate bundle "$SESSION" -o "$SITE/recorded.tar"
	exits 0 phigate-agent policy-test "$(POLICY_FILE)" --json "$SITE/recorded.tar"
	same "by the record" '["no-exports",null]' "$(grep '^{' <<< "$output" | jq -sc 'map(.rule)')"
	sed -i 's/{phi_in_response: {over: 1}, purpose: HRESCH}, then: cut/{group: clinicians}, then: deny/' "$(POLICY_FILE)"
	exits 0 phigate-agent policy-test "$(POLICY_FILE)" --json "$SITE/recorded.tar"
	same "as who asked" '["too-many","too-many"]' "$(grep '^{' <<< "$output" | jq -sc 'map(.rule)')"
	sed -i 's/hi/ho/' "$SITE/recorded.tar"
	exits 2 phigate-agent policy-test "$(POLICY_FILE)" "$SITE/recorded.tar"
}

@test "check warns of a route that no dialect has, and a contradiction is an error" {
	sed -i '/^rules:/a\  - {name: typo, when: {route: /v1/embedding}, then: deny}' "$(POLICY_FILE)"
	exits 0 phigate-agent check --config "$SITE/agent/agent.yaml"
	has "$output" "warning: no dialect of this policy's connections has a route \"/v1/embedding\""
	has "$output" "  - {name: typo, when: {route: /v1/embedding}, then: deny}"
	sed -i 's|{route: /v1/embedding}|{any: [{not: {route: /v1/embedding}}, {stream: true}]}|' "$(POLICY_FILE)"
	exits 0 phigate-agent check --config "$SITE/agent/agent.yaml"
	has "$output" "has a route \"/v1/embedding\""
	sed -i 's|{any: \[{not: {route: /v1/embedding}}, {stream: true}\]}|{all: [{stream: true}, {stream: false}]}|' "$(POLICY_FILE)"
	exits 2 phigate-agent check --config "$SITE/agent/agent.yaml"
	has "$output" "the rule \"typo\" can never apply"
}
