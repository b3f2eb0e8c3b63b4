"""The declaration of an app: elements, the tree they form, the bindings between them, and its frozen form."""
