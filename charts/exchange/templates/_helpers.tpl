{{- define "exchange.labels" -}}
app.kubernetes.io/part-of: exchange
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "exchange.postgresSelector" -}}
app.kubernetes.io/name: postgres
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "exchange.postgresSecret" -}}
{{- .Values.postgres.existingSecret | default "order-postgres" -}}
{{- end -}}

{{- define "exchange.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- /* Not empty where requests are checked. */ -}}
{{- define "exchange.accessControl" -}}
{{- if dig "security" "acl" "enabled" false .Values.cluster.spec }}true{{ end -}}
{{- end -}}
