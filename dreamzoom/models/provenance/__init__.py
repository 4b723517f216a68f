"""How the files of the models that come with dreamzoom were made.

convert_squeezenet    the embedded weights
write_deploys         the deploy files in `zoo`
"""
