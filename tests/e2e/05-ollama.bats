load lib/common

setup_file() { site_start && login alice; }

@test "ollama: chat and generate, whole and streamed, come masked and alike" {
	tunnel $T alice ollama-prod
	for route in chat generate; do
		body="{\"model\":\"note\",\"prompt\":\"hi\",\"messages\":$(messages hi)"
		whole=$(ask POST /api/$route "$body,\"stream\":false}" | jq -r '.message.content // .response')
		no_phi "$whole"
		has "$whole" "[SSN]"
		lines=$(ask POST /api/$route "$body}" -N)
		no_phi "$(jq -rj '.message.content // .response' <<< "$lines")"
		same "stream of $route" "$whole" "$(jq -rj '.message.content // .response' <<< "$lines")"
		same "last line" true "$(tail -n 1 <<< "$lines" | jq -r .done)"
	done
}

@test "ollama: what its clients ask first is there; errors have its shape; other routes are refused" {
	tunnel $T alice ollama-prod
	same "HEAD /" 200 "$(curl -sI -o /dev/null -w '%{http_code}' "$URL/" -H "Authorization: Bearer $KEY")"
	same "version" 0.9.0 "$(ask GET /api/version "" | jq -r .version)"
	has "$(ask GET /api/tags "")" note
	code ask POST /api/chat "{\"model\":\"note\",\"messages\":$(messages "please export the database")}"
	same "denied" 403 "$code"
	has "$(jq -r .error <<< "$output")" "The database is not exported."
	code ask POST /api/pull '{"model":"note"}'
	same "pull" 403 "$code"
	same "shape" string "$(jq -r '.error | type' <<< "$output")"
}
