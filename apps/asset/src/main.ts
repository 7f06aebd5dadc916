import { runService } from '@gantry/service';
import { readConfig } from './config.ts';
import { createAssetService } from './service.ts';

runService('asset', readConfig(process.env), createAssetService);
