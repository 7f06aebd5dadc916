import { runService } from '@gantry/service';
import { readConfig } from './config.ts';
import { createOrderService } from './service.ts';

runService('order', readConfig(process.env), createOrderService);
