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
	has "$output" "no policy has changed"
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
