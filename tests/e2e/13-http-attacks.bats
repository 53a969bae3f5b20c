load lib/common

setup_file() { site_start && login alice; }

raw() { node "$SITE_TESTS/e2e/lib/raw.mjs" "${URL##*:}" "$KEY" "$@"; }

@test "the same bytes without a trick pass, so that the refusals below mean something" {
	tunnel $T alice openai-prod
	same "fine" "fine 200 1" "$(raw fine)"
	same "chunked" "chunked 200 1" "$(raw chunked)"
}

@test "malformed HTTP and smuggling: 400 or 431, one answer, connection closed, nothing reaches the model" {
	tunnel $T alice openai-prod
	before=$(model_count)
	said=$(raw cl-te te-cl two-cl list-cl plus-cl te-identity te-twice te-xchunked te-space bad-chunk huge-chunk chunk-lf obs-fold bare-lf bare-cr \
		nul-header huge-header many-headers no-host two-hosts absolute connect http-2 http-0.9 preface garbage)
	while read -r name code answers; do
		case $name:$code in
		huge-header:431 | many-headers:431 | huge-header:400 | many-headers:400) ;;
		absolute:421 | connect:405 | http-2:505 | preface:505 | te-identity:501 | te-xchunked:501 | te-twice:501) ;;
		*:400) ;;
		http-0.9:closed | preface:closed | garbage:closed) ;;
		*) fail "$name: HTTP $code" ;;
		esac
		[ "$answers" -le 1 ] || fail "$name: $answers answers"
	done <<< "$said"
	same "reached the model" "$before" "$(model_count)"
	hasnt "$(model_log)" -smuggled
	code chat plain hi
	same "the session goes on" 200 "$code"
}

@test "requests that two readers could read differently: 400 in the dialect's shape, or refused by route" {
	tunnel $T alice openai-prod
	before=$(model_count)
	while read -r name code _; do
		case $name:$code in
		gzip:415 | dots:403 | dots:400 | dots-encoded:403 | dots-encoded:400 | backslash:400) ;;
		*:400) ;;
		*) fail "$name: HTTP $code" ;;
		esac
	done < <(raw bad-json two-values bad-utf8 bom surrogate nul-text nan same-key case-key deep gzip dots dots-encoded backslash)
	same "reached the model" "$before" "$(model_count)"
	code ask POST /v1/chat/completions '{"model":'
	same "status" 400 "$code"
	same "shape" "string string" "$(jq -r '.error | (.message | type) + " " + (.type | type)' <<< "$output")"
}

@test "token arrays, images, remote URLs and stored state are not sent where nobody can read them" {
	tunnel $T alice openai-prod
	before=$(model_count)
	for body in '{"model":"note","prompt":[1,2,3]}' \
		'{"model":"note","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://10.0.0.1/x.png"}}]}]}' \
		'{"model":"note","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}]}'; do
		route=/v1/chat/completions
		[[ $body != *prompt* ]] || route=/v1/completions
		code ask POST $route "$body"
		same "$body" 403 "$code"
	done
	code ask POST /v1/responses '{"model":"note","input":"hi","previous_response_id":"resp_1"}'
	same "stored state" 403 "$code"
	same "reached the model" "$before" "$(model_count)"
}

@test "a header-dropping connection option takes no protection away" {
	tunnel $T alice openai-prod
	code chat plain hi -H 'Connection: Authorization, Host, Content-Length' -H 'Cookie: a=b' -H 'X-Forwarded-For: 1.2.3.4' -H 'X-Remote-User: root'
	same "status" 200 "$code"
	seen=$(model_log | jq -c '.[-1].headers')
	for name in cookie x-forwarded-for x-remote-user; do hasnt "$seen" "\"$name\""; done
	has "$seen" "Bearer model-credential-5d1f"
}
