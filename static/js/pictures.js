/* A chosen file is gone when a form comes back with an error: so what the picture shows is asked for before. */
const form = document.getElementById("image_form"); // the list of pictures has none

if (form) {
  const { alternative, is_decorative: decorates } = form.elements;
  const ask = () => { alternative.required = !decorates.checked; };
  form.noValidate = false; // Django's admin leaves all checks to the server
  decorates.addEventListener("change", ask);
  ask();
}
