# SPDX-License-Identifier: ISC
# The database: openssl's own index.txt, with every certificate that was ever signed.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# Lines of index.txt: status (V, R, E), end, revocation (time,reason), serial number, file, subject. Dates are the DER's.
awk_iso='function iso(t) {
	if (t ~ /-/) return t
	if (length(t) == 13) t = (substr(t, 1, 2) < "50" ? "20" : "19") t
	return substr(t, 1, 4) "-" substr(t, 5, 2) "-" substr(t, 7, 2) "T" substr(t, 9, 2) ":" substr(t, 11, 2) ":" substr(t, 13, 2) "Z"
}'

# Seconds since 1970 as the DER's UTCTime until 2049, and GeneralizedTime after it.
database_time() { date -u -d "@$1" +"$([ "$1" -lt 2524608000 ] && echo %y || echo %Y)%m%d%H%M%SZ"; }

# A copy of the database to work on, in the staging folder.
stage_database() {
	if [ -f "$dir/index.txt" ]; then cp -- "$dir/index.txt" "$work/index.txt"
	elif [ -d "$dir/issued" ]; then die "$dir/index.txt is lost ($dir/issued is there): bring it back first"
	else : >"$work/index.txt"; fi || die "cannot read $dir/index.txt"
	check_database "$work/index.txt"
	printf 'unique_subject = no\n' >"$work/index.txt.attr" && mkdir -- "$work/issued" || cannot_write
}

# Its lines are data that somebody may have edited: what openssl would stumble over, or read as something else, is refused.
check_database() {
	local line
	line=$(awk -F '\t' '!/^#/ && (NF != 6 || $1 !~ /^[VRE]$/ || $2 !~ /^([0-9][0-9])?[0-9]+Z$/ || $4 !~ /^([0-9A-F][0-9A-F])+$/ ||
		($1 == "R") != ($3 ~ /^[0-9]+Z(,[A-Za-z]+(,[0-9A-Za-z.]+)?)?$/)) { print NR; exit }' "$1") || die "cannot read ${2:-$dir/index.txt}"
	[ -z "$line" ] || die "${2:-$dir/index.txt} is damaged at line $line: bring it back from a copy"
}

# What became of that copy belongs to the change.
keep_database() {
	mv -- "$work/index.txt" "$work/index.txt.attr" "$work/new/" && chmod 0644 "$work"/new/index.txt* ||
		cannot_write
}

# sign_staged SECTION START END FILE [PURPOSE...]: signs the staged request with that section of the staged configuration into
# FILE, as subject says unless that is empty, with the CA's key under the pass phrase in password; sets serial.
sign_staged() {
	local section=$1 start=$2 end=$3 file=$4 purpose=${5-}
	new_serial
	printf '%s\n' "$serial" >"$work/serial"
	CA_DIR=$work ssl 'sign' ca -config "$work/config" -batch -notext -preserveDN -extensions "$section" -cert "$dir/ca.cer" \
		-keyfile "$dir/ca.key" -passin fd:3 -in "$work/request" ${subject:+-utf8 -subj "$subject"} \
		-startdate "$(utc_time "$start")" -enddate "$(utc_time "$end")" -out "$file" 3< <(printf '%s\n' "$password")
	for purpose in ${purpose:-any}; do
		ssl 'trust what was signed' verify -no_check_time -purpose "$purpose" -partial_chain -CAfile "$dir/ca.cer" -no-CApath -no-CAstore \
			"$file" >/dev/null
	done
	mv -- "$work/issued/$serial.pem" "$work/new/issued/" &&
		cp -- "$work/request" "$work/new/requests/$serial.req" &&
		chmod 0644 "$file" "$work/new/issued/$serial.pem" "$work/new/requests/$serial.req" ||
		cannot_write
}

# Cuts the end of what will be signed to the end of the CA.
cut_to_ca() {
	local limit
	limit=$(end_of "$dir/ca.cer")
	[ "$start" -lt "$limit" ] || die "the CA itself ends before that, on $(iso_time "$limit")"
	[ "$end" -gt "$limit" ] || return 0
	[ -n "${1-}" ] || say "Note: cut to the end of the CA itself, $(iso_time "$limit"), instead of $(iso_time "$end")"
	end=$limit
}

# Finds the certificate that the operator means: a file, a NAME here, or a serial number in hexadecimal. Sets serial, and
# puts the certificate itself into the staging folder as certificate, if it is at hand.
find_certificate() {
	local file
	[[ $1 == -* ]] && set -- "./$1"
	for file in "$1" "$dir/$1" "$dir/$1.cer" ''; do
		[ -z "$file" ] || [ ! -f "$file" ] || break
	done
	if [ -z "$file" ]; then
		[[ ${1#0[xX]} =~ ^[0-9A-Fa-f:]{1,60}$ ]] || die "there is no certificate '$1': a file, a name or a serial number in hexadecimal is needed"
		serial=${1#0[xX]} serial=${serial//:/} serial=${serial^^}
		while [[ $serial == 0?* ]]; do serial=${serial#0}; done
		[ $((${#serial} % 2)) -eq 0 ] || serial=0$serial
		file=$dir/issued/$serial.pem
		[ -f "$file" ] || return 0
	fi
	# Without -passin openssl would ask at the terminal for the password of a PKCS#12 file or of a key.
	openssl x509 -in "$file" -passin pass: -out "$work/certificate" 2>/dev/null || die "'$file' holds no certificate that could be read"
	serial=$(serial_of "$work/certificate")
}

# Whether a database has a line of that serial number. Where awk compares one it is made text: 1E2 and 100 are one number.
has_row() { grep -q $'^[^\t]*\t[^\t]*\t[^\t]*\t'"$serial"$'\t' -- "$1"; }

# Finds the line of that serial number in the staged database: sets row_status, row_end, row_revoked and row_subject.
# A certificate that this CA, or one that it followed, signed without the kit gets its line now.
find_row() {
	local authority ours='' end
	if [ -f "$work/certificate" ]; then
		for authority in "$dir"/ca.cer "$dir"/ca.[0-9]*.cer; do
			[ ! -f "$authority" ] || ! has_signed "$authority" "$work/certificate" || { ours=yes; break; }
		done
		[ -n "$ours" ] || die "'${args[0]}' was not signed by the CA here"
		! cmp -s "$work/certificate" <(openssl x509 -in "$authority") || die "'${args[0]}' is the CA itself"
	fi
	if ! has_row "$work/index.txt"; then
		[ -n "$ours" ] || die "no certificate with the serial number $serial is in the database of '$dir': give its file"
		end=$(end_of "$work/certificate")
		printf 'V\t%s\t\t%s\tunknown\t%s\n' "$(database_time "$end")" \
			"$serial" "$(name_of x509 "$work/certificate" compat)" >>"$work/index.txt"
	fi
	IFS='|' read -r row_status row_end row_revoked row_subject < <(awk -F '\t' -v serial="$serial" "$awk_iso"'
		$4 "" == serial { split($3, revoked, ","); print $1 "|" iso($2) "|" (revoked[1] == "" ? "" : iso(revoked[1])) " " revoked[2] "|" $6 }' \
		"$work/index.txt")
	row_revoked=$(shown "${row_revoked% }")
	if [ -f "$work/certificate" ]; then row_subject=$(shown_name_of x509 "$work/certificate")
	else row_subject=$(subject_of "$serial" "$row_subject"); fi
}

# subject_of SERIAL TEXT: the subject in RFC 2253, from the certificate itself, or from what the database says when it is not here.
subject_of() {
	if [ -f "$dir/issued/$1.pem" ]; then shown_name_of x509 "$dir/issued/$1.pem"; else rfc2253 <<<"$2" | readable; fi
}

# How many certificates with the subject of a serial number are good now, and which.
show_live() {
	local name
	name=$(subject_of "$1" "$(awk -F '\t' -v serial="$1" '$4 "" == serial { print $6 }' "$dir/index.txt")")
	name=$name awk -F '\t' -v serial="$1" -v now="$(iso_time "$EPOCHSECONDS")" "$awk_iso"'
		BEGIN { name = ENVIRON["name"] }
		$4 "" == serial { subject = $6 }
		{ line[NR] = $0 }
		END {
			for (i = 1; i <= NR; i++) {
				split(line[i], part, "\t")
				if (part[6] == subject && part[1] == "V" && iso(part[2]) > now) live[++n] = part[4] ", until " iso(part[2])
			}
			printf "Valid certificates of %s: %d\n", name, n
			for (i = 1; i <= n; i++) print "  " live[i]
		}' "$dir/index.txt"
}
