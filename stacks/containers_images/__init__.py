"""The images of the standard application's parts: repositories, and the builds that fill them."""
