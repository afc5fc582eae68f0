# Pass phrases.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# Out of the environment at once: what this script starts has no need of them. Unset and empty stay different.
declare -A environment=()
for variable in CA_PASSWORD CA_KEY_PASSWORD CA_P12_PASSWORD; do
	[ -z "${!variable+set}" ] || environment[$variable]=${!variable}
	unset "$variable"
done

# get_password OPTION VARIABLE WHAT [MINIMUM]: sets password from the option's file, the environment variable or the prompt.
# A new one has a MINIMUM length and is asked for twice.
# Handed on by `3< <(printf ...)` and -passin fd:3, so that it is in nobody's arguments or environment and in no file.
get_password() {
	local option=$1 variable=$2 what=$3 minimum=${4-} again
	if [ -n "${given[$option]-}" ]; then
		{ IFS= read -r password || [ -n "$password" ]; } 2>/dev/null <"${given[$option]}" ||
			die "cannot read the $what from '${given[$option]}': the file is empty or not readable"
	elif [ -n "${environment[$variable]+set}" ]; then
		password=${environment[$variable]}
	elif [ -n "${given[--batch]-}" ] || [ ! -t 0 ]; then
		usage_error "no $what: use $option FILE or the variable $variable, or run it in a terminal without --batch"
	else
		IFS= read -r -s -p "${minimum:+New }$what: " password; say
		if [ -n "$minimum" ]; then
			IFS= read -r -s -p "Once more: " again; say
			[ "$password" = "$again" ] || die 'the two are not the same'
		fi
	fi
	[ -n "$password" ] || die "the $what is empty: macOS refuses such files and anybody opens them"
	[ "${#password}" -ge "${minimum:-1}" ] || die "the $what is too short: $minimum characters at least"
	[ "${#password}" -le 1000 ] || die "the $what is too long: 1000 bytes at most"
}

is_encrypted() { grep -q -e 'ENCRYPTED' -- "$1"; }
