# Writes to both streams, a few lines each, and says where it ran.
echo "hello from $(hostname), task $MUSTER_TASK_INDEX of job $MUSTER_JOB_ID"
for i in 1 2 3; do
  echo "step $i of 3"
  echo "progress: $((i * 100 / 3)) %" >&2
  sleep 0.2
done
echo 'done'
