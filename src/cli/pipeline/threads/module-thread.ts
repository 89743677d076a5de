/** What a thread runs that loads a module of a pipeline's own and says what it is, before it computes. */
import { serveModule } from '../../../engine/user-stages/apart/serve-module.ts';

serveModule();
