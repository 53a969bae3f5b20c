load lib/common

setup_file() { site_start && login alice adam; }

scrape() { curl -sSf "http://127.0.0.1:$ADMIN/metrics"; }
# figure SERIES: its value
figure() { scrape | awk -v s="$1" '$1 == s {print $2}'; }
page() { output=$(curl -sS -w '\n%{http_code}' "http://127.0.0.1:$ADMIN$1"); code=${output##*$'\n'} output=${output%$'\n'*}; }

@test "what people did stands in the figures, and nothing of who or what they asked" {
	tunnel $T alice openai-prod
	chat plain hi > /dev/null
	chat note "Summarise the visit" > /dev/null
	chat_stream note "Summarise the visit" > /dev/null
	code chat plain "export the database"
	same "refused" 403 "$code"
	same "answered" 3 "$(figure 'phigate_exchanges_total{verdict="allowed",outcome="answered",dialect="openai"}')"
	same "denied" 1 "$(figure 'phigate_exchanges_total{verdict="denied",outcome="refused",dialect="openai"}')"
	[ "$(figure 'phigate_masked_spans_total{entity="SSN"}')" -ge 2 ] || fail "no SSN counted"
	same "whole" 4 "$(figure phigate_exchange_duration_seconds_count)"
	same "first bytes" 3 "$(figure phigate_first_byte_seconds_count)"
	[ "$(figure phigate_stream_delay_seconds_count)" -ge 1 ] || fail "no delay of a stream"
	[ "$(figure phigate_request_body_bytes_total)" -gt 100 ] && [ "$(figure phigate_answer_bytes_total)" -gt 100 ] || fail "no bytes"
	same "open sessions" 1 "$(figure phigate_sessions)"
	as adam phigate revoke "$SESSION" > /dev/null
	same "ended" 1 "$(figure 'phigate_sessions_ended_total{end="revoked"}')"
	same "open sessions" 0 "$(figure phigate_sessions)"
	[ "$(figure phigate_ssh_logins_total)" -ge 2 ] || fail "no logins"
	same "free room" 1 "$(($(figure phigate_disk_free_bytes) > 0))"
	all=$(scrape)
	for word in alice hospital.example openai-prod visit plain note /v1/ "$SESSION"; do hasnt "$all" "$word"; done
	no_phi "$all"
}

@test "a model and a provider that fail are counted, and so are holds" {
	tunnel $T alice openai-prod
	before=$(figure 'phigate_model_errors_total{reason="unreachable"}')
	end model
	code chat plain hi
	same "status" 502 "$code"
	same "model errors" $((before + 1)) "$(figure 'phigate_model_errors_total{reason="unreachable"}')"
	model_start "${MODEL##*:}"
	chat plain "all patients" > /dev/null 2>&1 3>&- & request=$!
	until_ok "a hold" eval '[ "$(figure "phigate_holds{state=\"pending\"}")" = 1 ]'
	kill $request
}

@test "promtool finds nothing to say" {
	command -v promtool > /dev/null || skip "needs promtool (Debian: prometheus)"
	scrape > "$SITE/metrics"
	said=$(promtool check metrics < "$SITE/metrics" 2>&1) || fail "$said"
	same "said" "" "$said"
}

@test "alive and ready are two things" {
	page /healthz
	same "healthz" 200 "$code"
	has "$output" "ok recording"
	hasnt "$output" provider
	page /readyz
	same "readyz" 200 "$code"
	has "$output" "ok provider"
	has "$output" "ok store"
	page /nothing
	same "another page" 404 "$code"
	# without keys of the provider nobody can sign in
	end agent
	end idp
	rm -f "$STATE/provider-keys.json"
	agent_start
	until_ok "it says so" eval 'page /readyz; [ "$code" = 503 ]'
	has "$output" "failed provider"
	has "$output" "oidc:"
	page /healthz
	same "healthz" 200 "$code"
	idp_start "${ISSUER##*:}"
}
