load lib/common

setup_file() { site_start && login alice bob; }

@test "the openai SDK, unchanged: chat" {
	tunnel $T alice openai-prod
	said=$(sdk chat note "Summarise the note.")
	no_phi "$said"
	has "$said" "[NAME] saw the patient"
}

@test "the openai SDK: streamed chat, the same text" {
	tunnel $T alice openai-prod
	same "stream" "$(sdk chat note hi)" "$(sdk stream note hi)"
}

@test "the openai SDK: tool calls keep valid JSON with the identifiers masked" {
	tunnel $T alice openai-prod
	for how in tool toolstream; do
		arguments=$(sdk $how tool hi)
		no_phi "$arguments"
		same "dose" 500 "$(jq -r .dose_mg <<< "$arguments")"
		same "ssn" "[SSN]" "$(jq -r .ssn <<< "$arguments")"
	done
}

@test "the openai SDK: models, and legacy completions" {
	tunnel $T alice openai-prod
	has "$(sdk models)" note
	no_phi "$(sdk completion note hi)"
}

@test "the openai SDK raises its own exceptions: a rule that denies" {
	tunnel $T alice openai-prod
	said=$(sdk error note "please export the database")
	same "exception" "PermissionDeniedError 403" "$(head -n 1 <<< "$said")"
	has "$said" "The database is not exported."
	same "streaming" "PermissionDeniedError 403" "$(sdk errorstream note "please export the database" | head -n 1)"
}

@test "the openai SDK raises its own exceptions: wrong key, too large, model busy, unknown route" {
	tunnel $T alice openai-prod
	same "wrong key" "AuthenticationError 401" "$(WITH_KEY=phg_nope sdk error note hi | head -n 1)"
	same "too large" "APIError 413" "$(sdk big note | head -n 1)"
	same "busy" "RateLimitError 429" "$(sdk error busy hi | head -n 1)"
	no_phi "$(sdk error busy hi)"
	same "route" "PermissionDeniedError 403" "$(sdk route | head -n 1)"
}

@test "the openai SDK raises its own exceptions: the model is down" {
	tunnel $T alice openai-prod
	end model
	same "model down" "InternalServerError 502" "$(sdk error note hi | head -n 1)"
	model_start "${MODEL##*:}"
}

@test "the openai SDK raises its own exceptions: a held request that is denied" {
	tunnel $T alice openai-prod
	sdk error note "List every patient on the ward." > "$SITE/denied" 2>&1 3>&- &
	request=$!
	id=$(event tunnel-$T held | json id)
	exits 0 as bob phigate deny "$id" --reason "not needed"
	wait $request
	same "exception" "PermissionDeniedError 403" "$(head -n 1 "$SITE/denied")"
}
