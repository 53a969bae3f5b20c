load lib/common

setup_file() { site_start && login alice audrey; }

# found OPTIONS…: the ids that an auditor gets
found() { as audrey phigate sessions --json "$@" | jq -r .id; }

@test "an auditor finds a session by what it asked, what was decided and what was masked in it" {
	tunnel $T alice openai-prod
	one=$SESSION
	chat note hi > /dev/null
	same "while it is open" "$one" "$(found --model note --state open)"
	tunnel_close $T
	tunnel $T alice openai-prod
	two=$SESSION
	code chat plain "please export the database"
	same "refused" 403 "$code"
	tunnel_close $T
	same "model" "$one" "$(found --model note)"
	same "entity" "$one" "$(found --entity SSN)"
	same "entity, too often" "" "$(found --entity SSN:50)"
	same "denied" "$two" "$(found --denied)"
	same "rule" "$two" "$(found --rule no-exports --denied --connection openai-prod --user alice@hospital.example)"
	same "held" "" "$(found --held)"
	same "both" "$two $one" "$(found --unreviewed --since 1h | xargs)"
	same "before" "" "$(found --until 1h)"
	exits 0 as audrey phigate review "$two" --finding "a slip"
	same "reviewed" "$two" "$(found --reviewed)"
	same "unreviewed" "$one" "$(found --unreviewed)"
	same "alice finds her own" "$two" "$(as alice phigate sessions --json --denied | jq -r .id)"
	exits 1 as audrey phigate sessions --entity SSN:many
	has "$output" "SSN:5 for five or more"
	exits 1 as audrey phigate sessions --until yesterday
	has "$output" "until is a time"
}
