{{- define "exchange.serviceSelector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{- /*
A service of the exchange: {root, name, environment}; its values are those of its name. `environment` is a list of
environment variables of its own.
*/ -}}
{{- define "exchange.service" -}}
{{- $root := .root }}
{{- $name := .name }}
{{- $values := index $root.Values $name }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "exchange.labels" $root | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "exchange.labels" $root | nindent 4 }}
    {{- include "exchange.serviceSelector" . | nindent 4 }}
spec:
  type: {{ $values.service.type }}
  selector: {{- include "exchange.serviceSelector" . | nindent 4 }}
  ports:
    - name: http
      port: {{ $values.service.port }}
      targetPort: http
      {{- with $values.service.nodePort }}
      nodePort: {{ . }}
      {{- end }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "exchange.labels" $root | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "exchange.serviceSelector" . | nindent 6 }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "exchange.labels" $root | nindent 4 }}
    {{- include "exchange.serviceSelector" . | nindent 4 }}
spec:
  replicas: {{ $values.replicas }}
  strategy:
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  selector:
    matchLabels: {{- include "exchange.serviceSelector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "exchange.labels" $root | nindent 8 }}
        {{- include "exchange.serviceSelector" . | nindent 8 }}
      {{- with $values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: false
      # Service links of a Service whose name begins with "gantry" would look like misspelt settings.
      enableServiceLinks: false
      # The consumers finish what they have received: a long poll and a handler, then acknowledgements (55 s at most).
      terminationGracePeriodSeconds: 60
      {{- with $root.Values.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        seccompProfile: { type: RuntimeDefault }
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "exchange.serviceSelector" . | nindent 14 }}
      containers:
        - name: {{ $name }}
          image: {{ printf "%s:%s" $values.image.repository ($values.image.tag | default $root.Chart.AppVersion) }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          command: [node, /app/main.mjs]
          env:
            - name: GANTRY_HTTP_PORT
              value: '8080'
            - name: GANTRY_LOG_LEVEL
              value: {{ $values.logLevel }}
            - name: GANTRY_ROCKETMQ_ENDPOINTS
              value: {{ printf "%s-proxy.%s.svc:8081" $root.Values.cluster.name $root.Release.Namespace }}
            {{- if include "exchange.accessControl" $root }}
            - name: GANTRY_ROCKETMQ_CREDENTIALS
              value: /credentials
            {{- end }}
            {{- range .environment }}
            - name: {{ .name }}
              value: {{ .value | quote }}
            {{- end }}
            - name: GANTRY_CONSUMER_CONCURRENCY
              value: {{ $values.concurrency | quote }}
            - name: GANTRY_POSTGRES_HOST
              value: {{ $root.Values.postgres.host }}
            - name: GANTRY_POSTGRES_PORT
              value: {{ $root.Values.postgres.port | quote }}
            - name: GANTRY_POSTGRES_DATABASE
              value: {{ $root.Values.postgres.database }}
            - name: GANTRY_POSTGRES_USER
              value: {{ $root.Values.postgres.user }}
            - name: GANTRY_POSTGRES_CONNECTIONS
              value: {{ $root.Values.postgres.connections | quote }}
            - name: GANTRY_POSTGRES_PASSWORD
              valueFrom:
                secretKeyRef: { name: {{ include "exchange.postgresSecret" $root }}, key: password }
          ports:
            - { name: http, containerPort: 8080 }
          startupProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 1
            failureThreshold: 60
          # Not ready until the database, the topics and the groups are there; the process waits for them itself.
          readinessProbe:
            httpGet: { path: /readyz, port: http }
            periodSeconds: 2
            timeoutSeconds: 5
          livenessProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          resources: {{- toYaml $values.resources | nindent 12 }}
          securityContext: {{- include "exchange.containerSecurity" $root | nindent 12 }}
          {{- if include "exchange.accessControl" $root }}
          volumeMounts:
            - { name: credentials, mountPath: /credentials, readOnly: true }
      volumes:
        - name: credentials
          # Of the User; the pod starts when the operator has made it.
          secret:
            secretName: {{ $name }}-rocketmq
            items:
              - { key: accessKey, path: accessKey }
              - { key: secretKey, path: secretKey }
          {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}

{{- /* Whom a service signs as, with what it needs: {root, name, publishes, subscribes, groups}. */ -}}
{{- define "exchange.user" -}}
{{- $rotation := (index .root.Values .name).rotation }}
apiVersion: rocketmq.gantry.dev/v1beta1
kind: User
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "exchange.labels" .root | nindent 4 }}
spec:
  clusterRef: { name: {{ .root.Values.cluster.name }} }
  policies:
    {{- $publishes := .publishes }}
    {{- $subscribes := .subscribes }}
    {{- range concat $publishes $subscribes | uniq | sortAlpha }}
    - resource: "Topic:{{ . }}"
      actions:
        {{- if has . $publishes }}
        - Pub
        {{- end }}
        {{- if has . $subscribes }}
        - Sub
        {{- end }}
    {{- end }}
    {{- range .groups }}
    - { resource: "Group:{{ . }}", actions: [Sub] }
    {{- end }}
  {{- with $rotation }}
  rotation: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
