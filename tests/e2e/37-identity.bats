# Programs by access tokens of the client-credentials grant beside people of the same provider, from a real one.
load lib/common

API=https://phigate.hospital.example
setup_file() {
	site_folder && site_account && idp_start && model_start && site_policy && site_configure || return 1
	sed -i "s|^oidc: \(.*\)|oidc:\n  - \1\n  - {issuer: '$ISSUER', accept: access_token, audience: '$API', scopes: [models]}|" "$SITE/agent/agent.yaml"
	idp_set '{"groups": {"alice": ["clinicians"], "bob": ["privacy-officers"], "nightly": ["clinicians", "privacy-officers"], "sub-alice": ["clinicians"]}}'
	agent_start && login alice bob || return 1
	for name in nightly sub-alice; do
		home $name
		sed -i "s|^oidc: .*|oidc: {issuer: '$ISSUER', client_id: $name, audience: '$API'}|" "$SITE/home/$name/config/phigate/client.yaml"
	done
}
# grant CLIENT [RESOURCE [SCOPE]]: a token, by the real grant
grant() { curl -sS -u "$1:secret" "$ISSUER/token" -d grant_type=client_credentials -d "resource=${2:-$API}" -d "scope=${3-models}" | json access_token; }
# lay CLIENT TOKEN: into its file
lay() { printf '%s\n' "$2" > "$SITE/home/$1/token" && [ "${#2}" -gt 100 ]; }
signed() { curl -sS "$ISSUER/test/sign" -d "$1"; }
# claims TOKEN MORE: the claims of that token, and more
claims() { jq -Rc 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson' <<< "$1" | jq -c ". + $2"; }
part() { printf %s "$1" | basenc --base64url -w0 | tr -d =; }
sign_in() { lay "$1" "$(grant "$1")" && exits 0 as "$1" phigate login --token-file token; }
stored() { echo "$SITE/home/$1/state/phigate/signin.json"; }
# the agent refuses it too, when a client sends what it would not take itself
refused() {
	local before rc=0
	before=$(grep -c ssh_login_refused <<< "$(agent_log)") || true
	cp "$(stored "$1")" "$SITE/stored"
	jq -c --arg t "$3" 'del(.token_file) | .id_token = $t | .login_token = $t' "$SITE/stored" > "$(stored "$1")"
	as "$1" phigate ls > "$SITE/refused" 2>&1 || rc=$?
	cp "$SITE/stored" "$(stored "$1")"
	[ $rc != 0 ] || fail "$2 opens the list at the agent"
	has "$(agent_log | grep ssh_login_refused | tail -n +$((before + 1)))" "$4"
}
# opens_nothing NAME WHAT TOKEN SAYS: the client does not take it from the file
opens_nothing() {
	lay "$1" "$3"
	rc=0; said=$(as "$1" phigate ls 2>&1) || rc=$?
	[ $rc != 0 ] || fail "$2 opens the list"
	has "$said" "$4"
	hasnt "$said" eyJ
}

@test "a program signs in by the client-credentials grant, though people of its issuer have nonces" {
	sign_in nightly
	has "$output" "Signed in as client:nightly"
	who=$(as nightly phigate whoami --json)
	same user client:nightly "$(jq -r .user <<< "$who")"
	tunnel $T nightly openai-prod
	code chat plain hi
	same status 200 "$code"
	tunnel_close $T
	same "who" client:nightly "$(as nightly phigate sessions --json | jq -r "select(.id == \"$SESSION\").user")"
	lay nightly "$(grant nightly)"
	exits 0 as nightly phigate exec openai-prod -- sh -c 'curl -sSf -H "Authorization: Bearer $OPENAI_API_KEY" "$OPENAI_BASE_URL/models"'
}

@test "a client that is named as a person's sub is not that person" {
	tunnel $T alice openai-prod
	sign_in sub-alice
	same "alice sees hers" 1 "$(as alice phigate sessions --json | grep -c "$SESSION")"
	same "the client sees none" "" "$(as sub-alice phigate sessions --json)"
	exits 1 as sub-alice phigate revoke "$SESSION"
	code chat plain hi
	same "alice's goes on" 200 "$code"
}

@test "a program decides no holds, whatever groups it is in" {
	tunnel $T alice openai-prod
	ASK_S=1 chat plain "list all patients" > /dev/null 2>&1 || true
	id=$(as bob phigate holds --json | jq -r .id | head -n 1)
	[ -n "$id" ]
	sign_in nightly
	exits 4 as nightly phigate approve "$id"
	has "$output" "a program decides no holds"
	exits 4 as nightly phigate deny "$id" --reason no
	exits 0 as bob phigate deny "$id" --reason no
}

@test "what is no access token of this program for this agent opens nothing" {
	sign_in nightly
	good=$(grant nightly)
	IFS=. read -r head body sig <<< "$good"
	opens_nothing nightly "another audience's" "$(grant nightly https://other.hospital.example)" "another resource"
	refused nightly "another audience's" "$(grant nightly https://other.hospital.example)" "another resource"
	refused nightly "without the scope" "$(grant nightly $API '')" "lacks the scope models"
	opens_nothing nightly "another client's" "$(grant sub-alice)" "another client"
	opens_nothing nightly "alg none" "$(part '{"alg":"none","typ":"at+jwt"}').$body." "holds no token"
	opens_nothing nightly "alg none with a signature" "$(part '{"alg":"none","typ":"at+jwt"}').$body.$sig" "holds no token"
	pem=$(curl -sS "$ISSUER/jwks" | node -e 'process.stdin.once("data",d=>console.log(require("crypto").createPublicKey({key:JSON.parse(d).keys[0],format:"jwk"}).export({type:"spki",format:"pem"})))')
	hs="$(part '{"alg":"HS256","typ":"at+jwt"}').$body"
	opens_nothing nightly "HS256 by the public key" "$hs.$(printf %s "$hs" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(printf '%s\n' "$pem" | basenc --base16 -w0)" -binary | basenc --base64url -w0 | tr -d =)" "holds no token"
	refused nightly "another body" "$head.$(part "$(claims "$good" '{"jti":"x"}')").$sig" signature
	refused nightly "typ JWT" "$(signed "{\"header\":{\"typ\":\"JWT\"},\"claims\":$(claims "$good" '{}')}")" "another client"
	opens_nothing nightly "typ logout+jwt" "$(signed "{\"header\":{\"typ\":\"logout+jwt\"},\"claims\":$(claims "$good" '{}')}")" "holds no token"
	opens_nothing nightly "bound to a key" "$(signed "{\"header\":{\"typ\":\"at+jwt\"},\"claims\":$(claims "$good" '{"cnf":{"jkt":"x"}}')}")" "bound to a key"
	lay nightly "$(grant nightly)"
	exits 0 as nightly phigate ls
	hasnt "$(agent_log)" eyJ
}

@test "a person's tokens are no program's, and a program's no person's" {
	sign_in nightly
	id_token=$(jq -r .id_token "$SITE/home/alice/state/phigate/signin.json")
	opens_nothing nightly "alice's ID token" "$id_token" "another client"
	# an access token that a person's sign-in gave, for this very agent
	said=$(curl -sS "$ISSUER/device/auth" -d client_id=phigate -d scope=openid -d "resource=$API")
	signin "$(json verification_uri_complete <<< "$said")" alice
	access=$(curl -sS "$ISSUER/token" -d client_id=phigate -d grant_type=urn:ietf:params:oauth:grant-type:device_code -d "resource=$API" -d "device_code=$(json device_code <<< "$said")" | json access_token)
	same "its subject" alice "$(claims "$access" '{}' | jq -r .sub)"
	opens_nothing nightly "a person's access token" "$access" "another client"
	refused nightly "a person's access token" "$access" "may be a person's"
	# a program's token is no ID token, and its client's ID token is no person's
	refused nightly "an ID token with a program's audience" "$(signed "{\"header\":{\"typ\":\"JWT\"},\"claims\":$(claims "$(grant nightly)" '{"nonce":"x"}')}")" "another client"
	refused alice "a program's token with an ID token's audience" "$(signed "{\"header\":{\"typ\":\"at+jwt\"},\"claims\":$(claims "$id_token" '{"client_id":"phigate"}')}")" "person's sign-in"
}
