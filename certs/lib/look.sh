# SPDX-License-Identifier: ISC
# What needs no key: list, verify and show.
# shellcheck shell=bash disable=SC2030,SC2031,SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# One line for each certificate of index.txt: its status now (the letter there knows nothing of time that passed), serial,
# end, subject; before them the CA, those it followed, and the CRL. With --expiring only what is valid and ends in time, and
# of the CA and the CRL what has ended too.
cmd_list() {
	local now horizon=''
	no_argument
	[ -z "${given[--expiring]-}" ] || check_days "${given[--expiring]}" --expiring
	rest_folder
	must_be_there ca.cer "$self init makes it"
	openssl x509 -in "$dir/ca.cer" -noout 2>/dev/null || die "$dir/ca.cer holds no certificate that can be read"
	[ ! -f "$dir/index.txt" ] || check_database "$dir/index.txt"
	now=$EPOCHSECONDS
	[ -z "${given[--expiring]-}" ] || horizon=$(iso_time $((now + ${given[--expiring]} * 86400)))
	{
		list_authorities
		list_crls "$now"
		list_certificates
	} | awk -F '\t' -v now="$(iso_time "$now")" -v horizon="$horizon" "$awk_iso"'
		NF >= 6 {
			end = iso($2)
			status = $1 == "R" ? "revoked" : end <= now || $1 == "E" ? "expired" : "valid"
			ours = $1 ~ /^C/
			if (horizon != "" && (end > horizon || (status != "valid" && !ours))) next
			if (!said++) printf "%-8s %-32s %-20s %s\n", "STATUS", "SERIAL", "ENDS", "SUBJECT"
			more = ""
			if (ours) more = "  (" $5 ")"
			else if ($1 == "R") { split($3, revoked, ","); more = "  (" iso(revoked[1]) (revoked[2] == "" ? "" : ", " revoked[2]) ")" }
			printf "%-8s %-32s %-20s %s%s\n", status, $4, end, $6, more
		}' | readable
}

# The lines of index.txt with their subjects in RFC 2253, which are taken from the certificates themselves where these are here.
list_certificates() {
	local names
	[ -f "$dir/index.txt" ] || return 0
	names=$(mktemp) || die 'cannot make a temporary file'
	# One openssl for all of them. Its order is that of the file it reads, and a count that differs would be told.
	cut -f 4 -- "$dir/index.txt" | grep -xE '[0-9A-F]+' | while read -r serial; do
		[ ! -f "$dir/issued/$serial.pem" ] || printf '%s\n' "$serial"
	done >"$names"
	{
		paste -- "$names" <(subjects_of_issued "$names")
		printf '\n'
		cat -- "$dir/index.txt"
	} | awk -F '\t' -v OFS='\t' '
		!listed { if ($0 == "") listed = 1; else name[$1] = $2; next }
		NF >= 6 { if (name[$4] != "") $6 = name[$4]; else { $7 = "\001"; } print }' |
		while IFS= read -r line; do
			# The database alone says this one.
			if [[ $line == *$'\t\001' ]]; then
				line=${line%$'\t\001'}
				printf '%s\t%s\n' "${line%$'\t'*}" "$(rfc2253 <<<"${line##*$'\t'}")"
			else printf '%s\n' "$line"; fi
		done
	rm -f -- "$names"
}

# The subjects of issued/SERIAL.pem for a file of serial numbers, a line each. cms prints names in the form that it is told,
# openssl pkcs7 in its own, which with OpenSSL 3.5 does not even quote a comma.
subjects_of_issued() {
	[ -s "$1" ] || return 0
	while read -r serial; do printf '%s\0' "$dir/issued/$serial.pem"; done <"$1" | xargs -0 cat -- 2>/dev/null |
		openssl crl2pkcs7 -nocrl -certfile /dev/stdin 2>/dev/null |
		openssl cms -cmsout -print -noout -inform PEM -nameopt RFC2253 2>/dev/null | sed -n 's/^ *subject: *//p'
}

list_authorities() {
	local name said what='the CA itself'
	while read -r name; do
		# In the order of the options: a line each.
		readarray -t said < <(openssl x509 -in "$dir/$name.cer" -noout -enddate -serial -subject -dateopt iso_8601 -nameopt RFC2253)
		[ "${#said[@]}" -eq 3 ] || die "cannot read $dir/$name.cer"
		said=("${said[@]#*=}")
		printf 'CA\t%s\t\t%s\t%s\t%s\n' "${said[0]/ /T}" "${said[1]}" "$what" "${said[2]}"
		what='the CA before it'
	done < <(crl_signers)
}

# The CRL in force while nobody has to do anything about it lasts as long as those that were signed ahead.
list_crls() {
	local due end begin ahead number what='the CRL'
	[ -f "$dir/ca.crl" ] || return 0
	if [ -f "$dir/ca.crls" ]; then
		check_series
		read -r due end begin ahead < <(crl_times "$dir/ca.crls" "$1")
		[ "$ahead" -eq 0 ] || what="the CRL, with $ahead to come"
		due_crls "$dir/ca.crls" "$1" | cmp -s - "$dir/ca.crl" || { what="the CRL: $self crl --install is due"; end=$(crl_end "$dir/ca.crl"); }
	else
		end=$(crl_end "$dir/ca.crl")
	fi
	number=$(openssl crl -in "$dir/ca.crl" -noout -crlnumber)
	number=${number##*=} number=${number#0x}
	[[ $number =~ ^[0-9A-Fa-f]+$ ]] || number=-
	printf 'CRL\t%s\t\t%s\t%s\t%s\n' "$(iso_time "$end")" "$number" \
		"$what" "$(value_of crl -in "$dir/ca.crl" -noout -issuer -nameopt RFC2253)"
}
crl_end() { date -u -d "$(openssl crl -in "$1" -noout -nextupdate | sed 's/^nextUpdate=//')" +%s; }

# unfit_words PURPOSE: why openssl verify does not take the certificate for it, from the file reason.
unfit_words() {
	local number words
	read -r number words < <(sed -n 's/^error \([0-9]*\) at [^:]*: */\1 /p' "$work/reason" | head -n 1)
	if [ "$number" != 26 ]; then printf 'openssl refuses it: %s\n' "$words"
	elif [ "$1" = sslserver ]; then printf 'it is not for a TLS server\n'
	else printf 'it is not for a TLS client\n'
	fi
}

# Whether a certificate is valid here and now: signed by this CA or one it follows, current, not revoked, and for what.
cmd_verify() {
	local name why='' profile own trust purpose start end now untrusted=()
	one_argument 'FILE.cer, NAME or a SERIAL number'
	[ -z "${given[--profile]-}" ] || check_profile "${given[--profile]}"
	rest_folder
	must_be_there ca.cer "$self init makes it, or its owner hands it out"
	openssl x509 -in "$dir/ca.cer" -noout 2>/dev/null || die "$dir/ca.cer holds no certificate that can be read"
	[ ! -f "$dir/index.txt" ] || check_database "$dir/index.txt"
	temporary_work
	find_certificate "${args[0]}"
	[ -f "$work/certificate" ] || die "the certificate $serial itself is not here: give its file"
	own=$(profile_of "$work/certificate")
	profile=${given[--profile]:-$own}
	start=$(start_of "$work/certificate") end=$(end_of "$work/certificate") now=$EPOCHSECONDS
	tell "The certificate $serial" "  of:     $(shown_name_of x509 "$work/certificate")" "  for:    ${purpose_words[$own]}" \
		"  valid:  $(iso_time "$start") to $(iso_time "$end")"
	trust=$(trust_of "$work/certificate")
	if [ -z "$trust" ]; then why='the CA here did not sign it'
	elif is_revoked; then why="it was revoked: $row_revoked"
	elif [ "$now" -ge "$end" ]; then why="it expired on $(iso_time "$end")"
	elif [ "$now" -lt "$start" ]; then why="it is not valid until $(iso_time "$start")"
	elif [ "$now" -ge "$(end_of "$trust")" ]; then why="the CA itself expired on $(iso_time "$(end_of "$trust")")"
	elif [ "$profile" = other ]; then why='it is for neither a TLS client nor a TLS server'
	else
		check_crl
		for purpose in ${purposes[$profile]}; do
			openssl verify -purpose "$purpose" -partial_chain -trusted "$trust" -no-CApath -no-CAstore "$work/certificate" \
				>/dev/null 2>"$work/reason" || why=$(unfit_words "$purpose")
		done
	fi
	[ -z "$why" ] || { tell "Not valid: $why"; exit 1; }
	tell 'Valid.'
	[ -f "$dir/ca.crl" ] || [ -f "$dir/index.txt" ] || tell 'Not checked: whether it was revoked, since no ca.crl is here.'
}

# A certificate of this CA, or of one that it follows and that is still trusted: the file of the one that signed the argument.
trust_of() {
	local name
	while read -r name; do
		[ -f "$dir/$name.cer" ] && has_signed "$dir/$name.cer" "$1" && { printf '%s' "$dir/$name.cer"; return; }
	done < <(crl_signers)
}

# Where there is no database a CRL must say that nothing is revoked: one that has ended says nothing good. Sets why.
check_crl() {
	[ ! -f "$dir/index.txt" ] && [ -f "$dir/ca.crl" ] || return 0
	openssl verify -crl_check -CRLfile "$dir/ca.crl" -partial_chain -trusted "$trust" -no-CApath -no-CAstore "$work/certificate" \
		>/dev/null 2>&1 || why="whether it was revoked cannot be told: $dir/ca.crl has ended, or is the CRL of another CA"
}

# What the database and the CRL list as revoked. Sets row_revoked.
is_revoked() {
	local entry
	if [ -f "$dir/index.txt" ]; then
		row_revoked=$(awk -F '\t' -v serial="$serial" "$awk_iso"'$4 "" == serial && $1 == "R" { split($3, part, ","); print iso(part[1]) " " part[2] }' \
			"$dir/index.txt" | readable)
		row_revoked=${row_revoked% }
		[ -z "$row_revoked" ] || return 0
	fi
	[ -f "$dir/ca.crl" ] || return 1
	# The file may hold the CRLs of several CAs; one that this CA did not sign says nothing here.
	entry=$(openssl verify -no_check_time -crl_check -CRLfile "$dir/ca.crl" -partial_chain -trusted "$trust" -no-CApath -no-CAstore \
		"$work/certificate" 2>&1)
	[[ $entry == *'error 23 at'* ]] || return 1
	row_revoked='the CRL lists it'
}

temporary_work() {
	work=$(mktemp -d) || die 'cannot make a temporary folder'
	trap 'rm -rf -- "$work"' EXIT
}

cmd_show() {
	local file=${args[0]-}
	one_argument FILE
	[[ $file != -* ]] || file=./$file
	{ [ -f "$file" ] && [ -r "$file" ]; } || die "cannot read '$file'"
	[ "$(stat -L -c %s -- "$file")" -le 1048576 ] || die "'$file' is too large for a certificate"
	temporary_work
	if grep -q -e '-----BEGIN .*PRIVATE KEY-----' -- "$file"; then die "'$file' holds a private key, and that is not shown"; fi
	if grep -q -e '-----BEGIN CERTIFICATE-----' -- "$file"; then
		[ "$(grep -c -e '-----BEGIN CERTIFICATE-----' -- "$file")" -eq 1 ] ||
			say "Note: '$file' holds several certificates; this is the first"
		show_as x509
	elif grep -q -e '-----BEGIN \(NEW \)*CERTIFICATE REQUEST-----' -- "$file"; then show_as req
	elif grep -q -e '-----BEGIN X509 CRL-----' -- "$file"; then show_as crl
	elif openssl asn1parse -inform DER -in "$file" 2>/dev/null | sed -n 3,4p | grep ':pkcs7-data$' >/dev/null; then show_p12
	elif openssl x509 -inform DER -in "$file" -noout 2>/dev/null; then show_as x509 -inform DER
	elif openssl req -inform DER -in "$file" -noout 2>/dev/null; then show_as req -inform DER
	elif openssl crl -inform DER -in "$file" -noout 2>/dev/null; then show_as crl -inform DER
	else die "'$file' is no certificate, request, CRL or PKCS#12 file"; fi
}

show_p12() {
	local number=0
	opens=(opens_p12 "$file")
	get_password --pass-file CA_P12_PASSWORD "password of $file"
	ssl "open '$file'" pkcs12 -in "$file" -info -nokeys -passin fd:3 >"$work/certificates" 3< <(printf '%s\n' "$password")
	readable <"$work/reason"
	sed -n -e 's/^ *friendlyName: /Friendly name: /p' -- "$work/certificates" | readable
	prefix=$work/certificate. awk 'BEGIN { prefix = ENVIRON["prefix"] } /^-----BEGIN CERTIFICATE-----$/ { n++; inside = 1 } inside { print >(prefix n) } /^-----END/ { inside = 0 }' \
		"$work/certificates"
	while [ -f "$work/certificate.$((++number))" ]; do
		openssl x509 -in "$work/certificate.$number" -noout -text -nameopt RFC2253 | readable
	done
}

show_as() {
	ssl "read '$file'" "$@" -in "$file" -noout -text -nameopt RFC2253 | readable
}
