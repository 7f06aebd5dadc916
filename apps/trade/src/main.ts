import { runService } from '@gantry/service';
import { readConfig } from './config.ts';
import { createTradeService } from './service.ts';

runService('trade', readConfig(process.env), createTradeService);
