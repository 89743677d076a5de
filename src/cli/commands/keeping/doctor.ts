import { jsonText } from '../../wording/forms/json.ts';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { EXIT } from '../../exit-codes.ts';
import { ownVersion } from '../../own-version.ts';
import { openStatusLine } from '../../terminal/status-line.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { wordDoctor, wordTrying } from '../../wording/keeping/doctor.ts';
import { withRemedyWorded } from '../../wording/remedies.ts';

/** `assay doctor`: which backends load, how fast they are, and what to do about the rest. */
export async function doctor(
  { out, err }: Terminal,
  { format }: { readonly format: 'text' | 'json' },
): Promise<number> {
  const { examineBackends } = await import('../../../model/native/examine.ts');
  const { hubSettings } = await import('../../../model/hub/settings.ts');
  const status = openStatusLine(err);
  const examined = await examineBackends((backend) => status.show(wordTrying(backend)));
  status.clear();
  const backends = examined.map((report) =>
    report.works ? report : { ...report, failure: withRemedyWorded(report.failure) },
  );
  const { endpoint, cache, token, offline } = hubSettings();
  const found = {
    assay: ownVersion(),
    node: process.versions.node,
    system: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memoryBytes: { total: totalmem(), free: freemem() },
    backends,
    hub: { endpoint, cache, hasToken: token !== undefined, offline },
  };
  out.write(format === 'json' ? jsonText(found) : wordDoctor(found, out.colors));
  return backends.some(({ works }) => works) ? EXIT.ok : EXIT.failed;
}
