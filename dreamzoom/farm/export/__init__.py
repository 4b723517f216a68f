"""Scripts and job files for engines that people own. Each names the commands, and knows nothing else of us.

targets     for whom, under which name, how many at a time
scripts     a POSIX shell script, and one for SLURM
flamenco    a job type for Flamenco 3
openjd      a job template of the Open Job Description
"""
