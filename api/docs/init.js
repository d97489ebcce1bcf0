// The reader reads this server's own contract and asks nobody else.
window.ui = SwaggerUIBundle({
  url: "/openapi.yaml",
  dom_id: "#reader",
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
});
